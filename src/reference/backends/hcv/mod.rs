//! `hcv`: the key-value engines of HashiCorp Vault, and of what speaks as it does.
//!
//! How Kong asks is known from its documentation alone (the fields of the vault's config, the ways to log in, the key as
//! the last segment of a reference); paths and bodies are those of HashiCorp's HTTP API; what the statuses mean was
//! recorded from servers of the versions 1.14.1 and 1.21.0, whose texts differ and are never looked at.

mod answer;
mod lacking;
mod login;
mod oauth;
mod server;
mod session;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};

use self::answer::Asked;
use self::login::Login;
use self::server::Server;
use self::session::Session;
use super::{Backend, Context};
use crate::reference::{Fetched, Finding, Secret, Target, Wanted};

/// How many secrets of one vault are read at a time.
const AT_ONCE: usize = 8;

struct Hcv {
    server: Server,
    session: Session,
}

/// The server that the settings name, if the credentials may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: no credentials, settings that make no sense, an address that nobody vouches
/// for.
pub fn open(target: &Target, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    let login = Login::of(target)?;
    let server = Server::of(target)?;
    let session = Session::open(target, &server, login, context)?;
    Ok(Box::new(Hcv { server, session }))
}

impl Backend for Hcv {
    fn fetch<'a>(&'a self, wanted: &'a [Wanted]) -> BoxFuture<'a, Vec<Fetched>> {
        let reads = stream::iter(wanted).map(move |wanted| async move {
            match self.read(wanted).await {
                Ok(members) => Fetched::Members(members),
                Err(finding) => Fetched::No(finding),
            }
        });
        reads.buffered(AT_ONCE).collect().boxed()
    }
}

impl Hcv {
    /// What cannot be asked for is found out before anything is sent, a login included.
    async fn read(&self, wanted: &Wanted) -> Result<Secret, Finding> {
        let url = self.server.secret(wanted)?;
        let asked = Asked {
            place: self.session.place(&url),
            server: &self.server,
            wanted,
        };
        asked.members(&self.session.read(url).await?)
    }
}
