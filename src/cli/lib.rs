//! Asking for it: flags, environment, files, exit codes.

mod args;
mod commands;
mod connection;
mod documents;
mod files;
mod logging;
mod outcome;
mod progress;
mod prompt;
pub mod report;
mod signals;
mod skip;
mod stop;
mod teller;
mod verify_options;

pub use outcome::Outcome;

use std::process::ExitCode;

use anyhow::anyhow;

use args::{Parsed, parse};
use teller::Teller;

/// Runs the program.
pub fn main() -> ExitCode {
    let json = std::env::args_os().any(|arg| arg == "--json-output");
    let outcome = match parse(std::env::args_os(), |name| std::env::var(name).ok()) {
        Parsed::Run(cli) => run(*cli, json),
        Parsed::Said(said) => said_by_clap(&said, json),
        Parsed::Settings(why) => complain(json, anyhow!(why)),
    };
    outcome.into()
}

fn run(cli: args::Cli, json: bool) -> Outcome {
    if cli.global.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    logging::start(cli.global.verbosity());
    std::panic::set_hook(Box::new(tell_of));
    let ended = std::panic::catch_unwind(|| commands::run(cli));
    ended.unwrap_or_else(|_| {
        let mut teller = Teller::new(json, false);
        if json {
            teller.error(&anyhow!("the program failed: see standard error"), None);
        }
        teller.finish(Outcome::Failed)
    })
}

/// Says where the program failed, and not why: the words of a panic may hold anything.
fn tell_of(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    crate::report::to_stderr(&crate::report::error(&format!(
        "this is a fault of strongroom ({place}): please report it"
    )));
}

/// Help goes to standard output and is no failure; anything else is the user's mistake.
fn said_by_clap(said: &clap::Error, json: bool) -> Outcome {
    if said.use_stderr() && json {
        return complain(json, anyhow!(said.to_string()));
    }
    let _ = said.print();
    if said.use_stderr() {
        Outcome::Invalid
    } else {
        Outcome::Done
    }
}

fn complain(json: bool, error: anyhow::Error) -> Outcome {
    let mut teller = Teller::new(json, false);
    teller.error(&error, None);
    teller.finish(Outcome::Invalid)
}
