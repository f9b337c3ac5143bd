use clap::CommandFactory;

use super::RunCommand;
use crate::args::{Cli, CompletionsArgs, GlobalArgs};
use crate::command_error::{CommandResult, CommandSuccess};
use crate::output_mode::OutputMode;
use crate::printer::print_stdout;
use crate::reporter::Reporter;

impl RunCommand for CompletionsArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    /// Prints a script that completes commands in a shell.
    fn run(self, _: &GlobalArgs, _: &mut Reporter) -> CommandResult {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "strongroom", &mut script);
        print_stdout(&String::from_utf8_lossy(&script))?;
        Ok(CommandSuccess::Done)
    }
}
