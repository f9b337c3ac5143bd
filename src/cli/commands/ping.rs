use super::{RunCommand, block_on};
use crate::args::{GlobalArgs, PingArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::connection::connect;
use crate::output_mode::OutputMode;
use crate::reporter::Reporter;
use schema::Catalog;

impl RunCommand for PingArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::from_flags(self.json_output, false)
    }

    /// Reports whether the control plane answers, and its version.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(ping(global, reporter))
    }
}

async fn ping(global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
    let connection = connect(global, &Catalog::recorded())?;
    let node = connection
        .read_node_info()
        .await
        .map_err(CommandError::from_read_error)?;
    reporter.report_connected(node.version.as_deref())?;
    Ok(CommandSuccess::Done)
}
