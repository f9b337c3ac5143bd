use clap::CommandFactory;

use crate::ExitStatus;
use crate::args::{Cli, CompletionsArgs};
use crate::command_error::CommandResult;
use crate::report;

/// Prints a script that completes commands in a shell.
pub fn run(args: &CompletionsArgs) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "strongroom", &mut script);
    report::print_stdout(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
