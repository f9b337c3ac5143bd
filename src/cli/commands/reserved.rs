use anyhow::anyhow;

use super::RunCommand;
use crate::args::{GlobalArgs, ReservedApplyArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::output_mode::OutputMode;
use crate::reporter::Reporter;

impl RunCommand for ReservedApplyArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Text { silence_events: false }
    }

    fn run(self, _: &GlobalArgs, _: &mut Reporter) -> CommandResult {
        Err(CommandError::invalid_input(anyhow!(
            "`apply` is kept for saved plans: use `sync` for state files, or `gateway apply` to delete nothing"
        )))
    }
}
