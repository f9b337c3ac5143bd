use super::RunCommand;
use crate::args::GlobalArgs;
use crate::command_error::{CommandResult, CommandSuccess};
use crate::output_mode::OutputMode;
use crate::printer::print_stdout;
use crate::reporter::Reporter;

/// Prints a text of the program's own: its version, a help page.
pub(super) struct PrintText(pub(super) &'static str);

impl RunCommand for PrintText {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    fn run(self, _: &GlobalArgs, _: &mut Reporter) -> CommandResult {
        print_stdout(self.0)?;
        Ok(CommandSuccess::Done)
    }
}
