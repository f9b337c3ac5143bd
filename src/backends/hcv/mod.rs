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

use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use url::Url;

use self::answer::Asked;
use self::login::Login;
use self::server::Server;
pub use self::server::malformed;
use self::session::Session;
use super::{Backend, Context};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

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
pub fn open(target: &VaultTarget, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    let login = Login::of(target)?;
    let server = Server::of(target)?;
    let session = Session::open(target, &server, login, context)?;
    Ok(Box::new(Hcv { server, session }))
}

impl Backend for Hcv {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        async move {
            let mut fetched = vec![None; wanted.len()];
            let mut requests: BTreeMap<Url, Vec<usize>> = BTreeMap::new();
            // what cannot be asked for is found out before anything is sent, a login included
            for (at, wanted) in wanted.iter().enumerate() {
                match self.server.secret(wanted) {
                    Ok(url) => requests.entry(url).or_default().push(at),
                    Err(finding) => fetched[at] = Some(SecretResponse::Unavailable(finding)),
                }
            }
            let reads = stream::iter(requests).map(|(url, places)| self.read(url, places, wanted));
            let mut reads = reads.buffer_unordered(AT_ONCE);
            while let Some(answers) = reads.next().await {
                for (at, answer) in answers {
                    fetched[at] = Some(answer);
                }
            }
            fetched.into_iter().flatten().collect()
        }
        .boxed()
    }
}

impl Hcv {
    /// Reads once what several want: in version 1, all versions of a secret are the same.
    async fn read(&self, url: Url, places: Vec<usize>, wanted: &[SecretRequest]) -> Vec<(usize, SecretResponse)> {
        let answer = self.session.read(url.clone()).await;
        let told = |at: usize| {
            let asked = Asked {
                place: self.session.place(&url),
                server: &self.server,
                wanted: &wanted[at],
            };
            match answer
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|answer| asked.members(answer))
            {
                Ok(members) => SecretResponse::Object(members),
                Err(finding) => SecretResponse::Unavailable(finding),
            }
        };
        places.into_iter().map(|at| (at, told(at))).collect()
    }
}
