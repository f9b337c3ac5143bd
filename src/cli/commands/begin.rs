use std::mem::ManuallyDrop;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use super::prepare::{Request, Terms};
use crate::args::{Global, SyncArgs};
use crate::connection::{Connection, connect, is_embedded};
use crate::documents::{self, Documents};
use crate::stop::Stop;
use crate::teller::Teller;
use crate::verify_options::read_verify_options;
use reconcile::Early;
use schema::Catalog;

/// A run whose files are read and whose control plane is known.
pub struct Begun {
    /// What the files say. The program ends with the run: it is not taken apart before.
    pub documents: ManuallyDrop<Documents>,
    /// Who is asked.
    pub connection: Arc<Connection>,
}

impl Begun {
    /// What `sync` asks for.
    pub fn request<'a>(&'a self, args: &'a SyncArgs, terms: Terms) -> Request<'a> {
        Request {
            connection: &self.connection,
            documents: &self.documents,
            args,
            guards: args.guards.guards(),
            terms,
        }
    }
}

/// Reads the files of a run, and asks the control plane at the same time: who it is, and what it holds if it is known
/// before of what scope. None if something is wrong with what the files say, or the side that runs the check: that is
/// told, and nothing else.
///
/// # Errors
/// A control plane that cannot be asked.
pub async fn begin(
    global: &Global,
    args: &SyncArgs,
    catalog: &Arc<Catalog>,
    teller: &mut Teller,
) -> Result<Option<(Begun, Terms)>, Stop> {
    let (state, scope) = (args.state.clone(), args.scope.clone());
    let finding = spawn_blocking(move || documents::find(&state, &scope));
    let connect = || connect(global, catalog).map(Arc::new);
    // files that are wrong leave no database behind
    let outside = (!is_embedded(global)).then(connect);
    let asked = outside.as_ref().and_then(|connection| connection.as_ref().ok());
    let mut early = asked.map(|connection| Early::of(connection.clone(), catalog.clone()));
    let files = meanwhile(&mut early, finding).await?;
    if let (Some(early), Some(scope)) = (&mut early, files.scope()) {
        early.guess(scope);
    }
    let recorded = catalog.clone();
    let reading = spawn_blocking(move || files.read(&recorded));
    let read = meanwhile(&mut early, reading).await?;
    let documents = read.tell(catalog, teller);
    let proof = read_verify_options(global, &args.references, &args.state.paths(), catalog, teller);
    let (Some(documents), Some(proof)) = (documents, proof) else {
        return Ok(None);
    };
    let begun = Begun {
        documents: ManuallyDrop::new(documents),
        connection: outside.unwrap_or_else(connect)?,
    };
    Ok(Some((begun, Terms { proof, early })))
}

/// Waits for work on a thread of its own while the control plane is asked, if it is.
async fn meanwhile<R>(early: &mut Option<Early>, working: JoinHandle<R>) -> Result<R, Stop> {
    let done = match early {
        Some(early) => early.meanwhile(working).await,
        None => working.await,
    };
    done.map_err(Stop::failed)
}
