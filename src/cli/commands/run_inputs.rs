use std::mem::ManuallyDrop;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::ExitStatus;
use crate::args::{GlobalArgs, SyncArgs};
use crate::command_error::CommandError;
use crate::connection::{Connection, connect, is_embedded};
use crate::documents::{self, Documents};
use crate::reporter::Reporter;
use crate::verify_options::read_verify_options;
use reconcile::{PrefetchedSnapshot, VerifyOptions};
use schema::Catalog;

/// What a run reads before it is planned.
pub(super) struct RunInputs {
    /// Not dropped: the program ends with the run.
    pub(super) documents: ManuallyDrop<Documents>,
    pub(super) verify_options: VerifyOptions,
    pub(super) connection: Arc<Connection>,
    /// What is being read of the control plane already.
    pub(super) prefetched: Option<PrefetchedSnapshot>,
}

/// Reads the files of a run, and prefetches from the control plane at the same time: who it is, and what it holds if the
/// scope is known before the files are read.
///
/// # Errors
/// Wrong files or settings (all that is wrong is reported first), or a control plane that cannot be connected to.
pub(super) async fn read_inputs(
    global: &GlobalArgs,
    args: &SyncArgs,
    catalog: &Arc<Catalog>,
    reporter: &mut Reporter,
) -> Result<RunInputs, CommandError> {
    let (state, scope) = (args.state.clone(), args.scope.clone());
    let discovery = spawn_blocking(move || documents::find_state_files(&state, &scope));
    let connect = || connect(global, catalog).map(Arc::new);
    // an embedded control plane is opened last: wrong files leave no database behind
    let remote = (!is_embedded(global)).then(connect);
    let reachable = remote.as_ref().and_then(|connection| connection.as_ref().ok());
    let mut prefetched = reachable.map(|connection| PrefetchedSnapshot::new(connection.clone(), catalog.clone()));

    let files = await_while_prefetching(&mut prefetched, discovery).await?;
    if let (Some(prefetched), Some(scope)) = (&mut prefetched, files.known_scope()) {
        prefetched.begin_with_scope(scope);
    }
    let recorded = catalog.clone();
    let reading = spawn_blocking(move || files.read(&recorded));
    let unchecked = await_while_prefetching(&mut prefetched, reading).await?;

    let documents = unchecked.check_and_report(catalog, reporter);
    let verify_options = read_verify_options(global, &args.references, &args.state.paths(), catalog, reporter);
    let (documents, verify_options) = documents
        .zip(verify_options)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    Ok(RunInputs {
        documents: ManuallyDrop::new(documents),
        verify_options,
        connection: remote.unwrap_or_else(connect)?,
        prefetched,
    })
}

/// Waits for work on a thread of its own while the prefetch goes on, if there is one.
async fn await_while_prefetching<R>(
    prefetched: &mut Option<PrefetchedSnapshot>,
    work: JoinHandle<R>,
) -> Result<R, CommandError> {
    let result = match prefetched {
        Some(prefetched) => prefetched.drive_while(work).await,
        None => work.await,
    };
    result.map_err(CommandError::failed)
}
