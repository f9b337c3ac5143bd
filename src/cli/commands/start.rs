use std::mem::ManuallyDrop;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use super::prepare::{RunResources, SyncRequest};
use crate::args::{GlobalArgs, SyncArgs};
use crate::command_error::CommandError;
use crate::connection::{Connection, connect, is_embedded};
use crate::documents::{self, Documents};
use crate::reporter::Reporter;
use crate::verify_options::read_verify_options;
use reconcile::PrefetchedSnapshot;
use schema::Catalog;

/// A run whose files are read and whose control plane is known.
pub struct RunContext {
    /// What the files say. The program ends with the run: it is not taken apart before.
    pub documents: ManuallyDrop<Documents>,
    /// Who is asked.
    pub connection: Arc<Connection>,
}

impl RunContext {
    /// What `sync` asks for.
    pub fn sync_request<'a>(&'a self, args: &'a SyncArgs, terms: RunResources) -> SyncRequest<'a> {
        SyncRequest {
            connection: &self.connection,
            documents: &self.documents,
            args,
            guards: args.guards.guards(),
            resources: terms,
        }
    }
}

/// Reads the files of a run, and asks the control plane at the same time: who it is, and what it holds if it is known
/// before of what scope. None if something is wrong with what the files say, or the side that runs the check: that is
/// told, and nothing else.
///
/// # Errors
/// A control plane that cannot be asked.
pub async fn start_run(
    global: &GlobalArgs,
    args: &SyncArgs,
    catalog: &Arc<Catalog>,
    teller: &mut Reporter,
) -> Result<Option<(RunContext, RunResources)>, CommandError> {
    let (state, scope) = (args.state.clone(), args.scope.clone());
    let finding = spawn_blocking(move || documents::find_state_files(&state, &scope));
    let connect = || connect(global, catalog).map(Arc::new);
    // files that are wrong leave no database behind
    let outside = (!is_embedded(global)).then(connect);
    let asked = outside.as_ref().and_then(|connection| connection.as_ref().ok());
    let mut early = asked.map(|connection| PrefetchedSnapshot::new(connection.clone(), catalog.clone()));
    let files = await_while_prefetching(&mut early, finding).await?;
    if let (Some(early), Some(scope)) = (&mut early, files.known_scope()) {
        early.begin_with_scope(scope);
    }
    let recorded = catalog.clone();
    let reading = spawn_blocking(move || files.read(&recorded));
    let read = await_while_prefetching(&mut early, reading).await?;
    let documents = read.check_and_report(catalog, teller);
    let proof = read_verify_options(global, &args.references, &args.state.paths(), catalog, teller);
    let (Some(documents), Some(proof)) = (documents, proof) else {
        return Ok(None);
    };
    let begun = RunContext {
        documents: ManuallyDrop::new(documents),
        connection: outside.unwrap_or_else(connect)?,
    };
    Ok(Some((
        begun,
        RunResources {
            verify_options: proof,
            prefetched: early,
        },
    )))
}

/// Waits for work on a thread of its own while the control plane is asked, if it is.
async fn await_while_prefetching<R>(
    early: &mut Option<PrefetchedSnapshot>,
    working: JoinHandle<R>,
) -> Result<R, CommandError> {
    let done = match early {
        Some(early) => early.drive_while(working).await,
        None => working.await,
    };
    done.map_err(CommandError::failed)
}
