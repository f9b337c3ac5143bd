use super::RunCommand;
use crate::args::GlobalArgs;
use crate::command_error::{CommandResult, CommandSuccess};
use crate::output_mode::OutputMode;
use crate::printer::print_stdout;
use crate::reporter::Reporter;

pub(super) struct PrintVersion;

impl RunCommand for PrintVersion {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    fn run(self, _: &GlobalArgs, _: &mut Reporter) -> CommandResult {
        print_stdout(concat!("strongroom ", env!("CARGO_PKG_VERSION"), "\n"))?;
        Ok(CommandSuccess::Done)
    }
}
