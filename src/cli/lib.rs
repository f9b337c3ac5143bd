//! Asking for it: flags, environment, files, exit codes.

mod args;
mod command_error;
mod commands;
mod connection;
mod documents;
mod exit_status;
mod file_discovery;
mod logging;
mod progress;
mod prompt;
pub mod report;
mod reporter;
mod signals;
mod skipped_kinds;
mod verify_options;

pub use exit_status::ExitStatus;

use std::process::ExitCode;

use anyhow::anyhow;

use args::{ParsedCommandLine, parse_command_line};
use reporter::Reporter;

/// Runs the program.
pub fn main() -> ExitCode {
    let json = std::env::args_os().any(|arg| arg == "--json-output");
    let outcome = match parse_command_line(std::env::args_os(), |name| std::env::var(name).ok()) {
        ParsedCommandLine::Run(cli) => run(*cli, json),
        ParsedCommandLine::ClapError(said) => report_clap_error(&said, json),
        ParsedCommandLine::InvalidSettings(why) => report_invalid_input(json, anyhow!(why)),
    };
    outcome.into()
}

fn run(cli: args::Cli, json: bool) -> ExitStatus {
    if cli.global.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    logging::start(cli.global.verbosity());
    std::panic::set_hook(Box::new(report_panic));
    let ended = std::panic::catch_unwind(|| commands::run(cli));
    ended.unwrap_or_else(|_| {
        let mut teller = Reporter::new(json, false);
        if json {
            teller.report_error(&anyhow!("the program failed: see standard error"), None);
        }
        teller.finish(ExitStatus::Failed)
    })
}

/// Says where the program failed, and not why: the words of a panic may hold anything.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    crate::report::print_stderr(&crate::report::render_error(&format!(
        "this is a fault of strongroom ({place}): please report it"
    )));
}

/// Help goes to standard output and is no failure; anything else is the user's mistake.
fn report_clap_error(said: &clap::Error, json: bool) -> ExitStatus {
    if said.use_stderr() && json {
        return report_invalid_input(json, anyhow!(said.to_string()));
    }
    let _ = said.print();
    if said.use_stderr() {
        ExitStatus::InvalidInput
    } else {
        ExitStatus::Success
    }
}

fn report_invalid_input(json: bool, error: anyhow::Error) -> ExitStatus {
    let mut teller = Reporter::new(json, false);
    teller.report_error(&error, None);
    teller.finish(ExitStatus::InvalidInput)
}
