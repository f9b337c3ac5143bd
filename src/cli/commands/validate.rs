use crate::Outcome;
use crate::args::{Global, ValidateArgs};
use crate::connection::{Connection, connect};
use crate::documents::{self, Documents, is_error};
use crate::report;
use crate::signals::unless_interrupted;
use crate::stop::{Done, Stop};
use crate::teller::Teller;
use crate::verify_options::read_policy;
use control_plane::{Clock, SystemClock};
use schema::Catalog;
use yaml::Diagnostic;

/// Checks state files: by what is known of Kong, and by the control plane itself if asked to.
pub async fn run(global: &Global, args: &ValidateArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let documents = documents::read(&args.state, &args.scope, &catalog, teller);
    let policy = read_policy(global, &args.references, &args.state.paths(), &catalog, teller);
    let (Some(documents), Some(policy)) = (documents, policy) else {
        return Ok(Outcome::Invalid);
    };
    let told = if args.online {
        let connection = connect(global, &catalog)?;
        unless_interrupted(online(&connection, &catalog, &documents)).await??
    } else {
        reconcile::check_offline(&catalog, &documents.desired, policy, SystemClock.now())
    };
    teller.diagnostics(&told, &documents.sources);
    if told.iter().any(is_error) {
        return Ok(Outcome::Invalid);
    }
    if teller.is_text() {
        let count = documents.desired.entities.len();
        let entities = if count == 1 { "entity is" } else { "entities are" };
        report::to_stderr(&format!("{count} {entities} valid\n"));
    }
    Ok(Outcome::Done)
}

async fn online(
    connection: &Connection,
    catalog: &std::sync::Arc<Catalog>,
    documents: &Documents,
) -> Result<Vec<Diagnostic>, Stop> {
    reconcile::check_online(connection, catalog, &documents.desired)
        .await
        .map_err(Stop::unread)
}
