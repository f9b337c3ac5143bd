use std::mem::ManuallyDrop;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::cli::args::{Global, SyncArgs};
use crate::cli::connection::{Connection, connect, is_embedded};
use crate::cli::documents::{self, Documents};
use crate::cli::proof::proof;
use crate::cli::stop::Stop;
use crate::cli::teller::Teller;
use crate::reconcile::{Early, Proof};
use crate::schema::Catalog;

/// A run whose files are read and whose control plane is known.
pub struct Begun {
    /// What the files say. The program ends with the run: it is not taken apart before.
    pub documents: ManuallyDrop<Documents>,
    /// How references are proven.
    pub proof: Proof,
    /// Who is asked.
    pub connection: Arc<Connection>,
    /// What is being asked already.
    pub early: Option<Early>,
}

/// Reads the files of a run, and asks the control plane at the same time if it is known before what for. None if something
/// is wrong with what the files say, or the side that runs the check: that is told, and nothing else.
///
/// # Errors
/// A control plane that cannot be asked.
pub async fn begin(
    global: &Global,
    args: &SyncArgs,
    catalog: &Arc<Catalog>,
    teller: &mut Teller,
) -> Result<Option<Begun>, Stop> {
    let files = documents::find(&args.state, &args.scope);
    let connect = || connect(global, catalog).map(Arc::new);
    // files that are wrong leave no database behind
    let outside = (!is_embedded(global)).then(connect);
    let mut early = match (&outside, files.scope()) {
        (Some(Ok(connection)), Some(scope)) => Some(Early::of(connection.clone(), catalog.clone(), scope)),
        _ => None,
    };
    let recorded = catalog.clone();
    let reading = spawn_blocking(move || files.read(&recorded));
    let read = match &mut early {
        Some(early) => early.meanwhile(reading).await,
        None => reading.await,
    };
    let documents = read.map_err(Stop::failed)?.tell(catalog, teller);
    let proof = proof(global, &args.references, &args.state.paths(), catalog, teller);
    let (Some(documents), Some(proof)) = (documents, proof) else {
        return Ok(None);
    };
    Ok(Some(Begun {
        documents: ManuallyDrop::new(documents),
        proof,
        connection: outside.unwrap_or_else(connect)?,
        early,
    }))
}
