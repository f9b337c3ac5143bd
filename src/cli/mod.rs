//! Asking for it: flags, environment, files, exit codes.

mod args;
mod outcome;

pub use outcome::Outcome;

use std::process::ExitCode;

use args::{Parsed, parse};

/// Runs the program.
pub fn main() -> ExitCode {
    match parse(std::env::args_os(), |name| std::env::var(name).ok()) {
        Parsed::Run(cli) => {
            let _ = cli;
            Outcome::Done.into()
        }
        Parsed::Said(said) => {
            let _ = said.print();
            if said.use_stderr() {
                Outcome::Invalid
            } else {
                Outcome::Done
            }
            .into()
        }
        Parsed::Settings(_why) => Outcome::Invalid.into(),
    }
}
