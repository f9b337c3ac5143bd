use crate::ExitStatus;
use crate::args::{GlobalArgs, ValidateArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::connection::{Connection, connect};
use crate::documents::{self, Documents, is_error};
use crate::report;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_policy;
use control_plane::{Clock, SystemClock};
use schema::Catalog;
use yaml::Diagnostic;

/// Checks state files: by what is known of Kong, and by the control plane itself if asked to.
pub async fn run(global: &GlobalArgs, args: &ValidateArgs, teller: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let documents = documents::read_and_report(&args.state, &args.scope, &catalog, teller);
    let policy = read_policy(global, &args.references, &args.state.paths(), &catalog, teller);
    let (Some(documents), Some(policy)) = (documents, policy) else {
        return Ok(ExitStatus::InvalidInput);
    };
    let told = if args.online {
        let connection = connect(global, &catalog)?;
        run_unless_interrupted(check_online(&connection, &catalog, &documents)).await??
    } else {
        reconcile::check_offline(&catalog, &documents.desired, policy, SystemClock.now())
    };
    teller.report_diagnostics(&told, &documents.sources);
    if told.iter().any(is_error) {
        return Ok(ExitStatus::InvalidInput);
    }
    if teller.is_text() {
        let count = documents.desired.entities.len();
        let entities = if count == 1 { "entity is" } else { "entities are" };
        report::print_stderr(&format!("{count} {entities} valid\n"));
    }
    Ok(ExitStatus::Success)
}

async fn check_online(
    connection: &Connection,
    catalog: &std::sync::Arc<Catalog>,
    documents: &Documents,
) -> Result<Vec<Diagnostic>, CommandError> {
    reconcile::check_online(connection, catalog, &documents.desired)
        .await
        .map_err(CommandError::from_read_error)
}
