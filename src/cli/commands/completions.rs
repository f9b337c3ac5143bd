use clap::CommandFactory;

use crate::Outcome;
use crate::args::{Cli, CompletionsArgs};
use crate::report;
use crate::stop::Done;

/// Prints a script that completes commands in a shell.
pub fn run(args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "strongroom", &mut script);
    report::to_stdout(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
