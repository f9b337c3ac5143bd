use crate::ExitStatus;
use crate::args::GlobalArgs;
use crate::command_error::{CommandError, CommandResult};
use crate::connection::connect;
use crate::reporter::Reporter;
use schema::Catalog;

/// Says whether the control plane answers, and its version.
pub async fn run(global: &GlobalArgs, teller: &mut Reporter) -> CommandResult {
    let connection = connect(global, &Catalog::recorded())?;
    let root = connection
        .read_node_info()
        .await
        .map_err(CommandError::from_read_error)?;
    teller.report_connected(root.version.as_deref())?;
    Ok(ExitStatus::Success)
}
