use std::sync::Arc;

use super::{RunCommand, block_on};
use crate::ExitStatus;
use crate::args::{GlobalArgs, ValidateArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::connection::{Connection, connect};
use crate::documents::{self, Documents, fail_on_errors};
use crate::output_mode::OutputMode;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_policy;
use control_plane::{Clock, SystemClock};
use schema::Catalog;
use yaml::Diagnostic;

impl RunCommand for ValidateArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::from_flags(self.json_output, false)
    }

    /// Checks state files: by what is recorded of Kong, or by the control plane itself if asked to.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(validate(global, &self, reporter))
    }
}

async fn validate(global: &GlobalArgs, args: &ValidateArgs, reporter: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let documents = documents::read_and_report(&args.state, &args.scope, &catalog, reporter);
    let policy = read_policy(global, &args.references, &args.state.paths(), &catalog, reporter);
    let (documents, policy) = documents
        .zip(policy)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    let diagnostics = if args.online {
        let connection = connect(global, &catalog)?;
        run_unless_interrupted(check_online(&connection, &catalog, &documents)).await??
    } else {
        reconcile::check_offline(&catalog, &documents.desired, policy, SystemClock.now())
    };
    reporter.report_diagnostics(&diagnostics, &documents.sources);
    fail_on_errors(&diagnostics)?;
    reporter.report_valid(documents.desired.entities.len());
    Ok(CommandSuccess::Done)
}

async fn check_online(
    connection: &Connection,
    catalog: &Arc<Catalog>,
    documents: &Documents,
) -> Result<Vec<Diagnostic>, CommandError> {
    reconcile::check_online(connection, catalog, &documents.desired)
        .await
        .map_err(CommandError::from_read_error)
}
