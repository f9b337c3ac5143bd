//! The command line: arguments, commands, reports, exit codes. Only this crate prints.

mod args;
mod command_error;
mod commands;
mod connection;
mod documents;
mod exit_status;
mod file_discovery;
mod logging;
mod output_mode;
mod printer;
mod progress;
mod prompt;
pub mod report;
mod reporter;
mod signals;
mod skipped_kinds;
mod state_file_reader;
mod verify_options;

use exit_status::ExitStatus;

use std::process::ExitCode;

use anyhow::anyhow;

use args::{ParsedCommandLine, parse_command_line};
use output_mode::OutputMode;
use printer::print_stderr;
use reporter::Reporter;

/// Runs the program.
pub fn main() -> ExitCode {
    let mode = error_output_mode();
    let status = match parse_command_line(std::env::args_os(), |name| std::env::var(name).ok()) {
        ParsedCommandLine::Run(cli) => run(*cli),
        ParsedCommandLine::ClapError(error) => report_clap_error(&error, mode),
        ParsedCommandLine::InvalidSettings(message) => report_invalid_input(mode, &anyhow!(message)),
    };
    status.into()
}

/// How to report a command line that names no command: nothing but its text is known.
fn error_output_mode() -> OutputMode {
    OutputMode::from_flags(std::env::args_os().any(|arg| arg == "--json-output"), false)
}

fn run(cli: args::Cli) -> ExitStatus {
    if cli.global.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    logging::start(cli.global.verbosity());
    std::panic::set_hook(Box::new(report_panic_location));
    commands::run(cli)
}

/// Reports where the program panicked, never the message: it may hold anything.
fn report_panic_location(panic: &std::panic::PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    print_stderr(&report::render_error(&format!(
        "this is a fault of strongroom ({location}): please report it"
    )));
}

/// Help goes to standard output and is no failure; anything else is the user's mistake.
fn report_clap_error(error: &clap::Error, mode: OutputMode) -> ExitStatus {
    let is_help = !error.use_stderr();
    if !is_help && matches!(mode, OutputMode::Json { .. }) {
        return report_invalid_input(mode, &anyhow!(error.to_string()));
    }
    let _ = error.print();
    match is_help {
        true => ExitStatus::Success,
        false => ExitStatus::InvalidInput,
    }
}

fn report_invalid_input(mode: OutputMode, error: &anyhow::Error) -> ExitStatus {
    let mut reporter = Reporter::new(mode);
    reporter.report_error(error, None);
    reporter.finish(ExitStatus::InvalidInput)
}
