//! `hcv`: the key-value engines of HashiCorp Vault, and of what speaks as it does.
//!
//! How Kong asks is known from its documentation alone (the fields of the vault's config, the ways to log in, the key as
//! the last segment of a reference); paths and bodies are those of HashiCorp's HTTP API; what the statuses mean was
//! recorded from servers of the versions 1.14.1 and 1.21.0, whose texts differ and are never looked at.

mod login;
mod login_findings;
mod oauth;
mod response;
mod server;
mod session;

use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use url::Url;

use self::login::HcvLogin;
use self::response::HcvResponseReader;
use self::server::HcvServer;
pub use self::server::validate_request;
use self::session::HcvSession;
use super::{Backend, BackendContext};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

/// How many secrets of one vault are read at a time.
const MAX_CONCURRENCY: usize = 8;

struct HcvBackend {
    server: HcvServer,
    session: HcvSession,
}

/// The server that the settings name, if the credentials may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: no credentials, settings that make no sense, an address that nobody vouches
/// for.
pub fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let login = HcvLogin::from_target(target)?;
    let server = HcvServer::from_target(target)?;
    let session = HcvSession::new(target, &server, login, context)?;
    Ok(Box::new(HcvBackend { server, session }))
}

impl Backend for HcvBackend {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        async move {
            let mut fetched = vec![None; wanted.len()];
            let mut requests: BTreeMap<Url, Vec<usize>> = BTreeMap::new();
            // what cannot be asked for is found out before anything is sent, a login included
            for (at, wanted) in wanted.iter().enumerate() {
                match self.server.secret_url(wanted) {
                    Ok(url) => requests.entry(url).or_default().push(at),
                    Err(finding) => fetched[at] = Some(SecretResponse::Unavailable(finding)),
                }
            }
            let reads = stream::iter(requests).map(|(url, places)| self.fetch_secret(url, places, wanted));
            let mut reads = reads.buffer_unordered(MAX_CONCURRENCY);
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

impl HcvBackend {
    /// Reads once what several want: in version 1, all versions of a secret are the same.
    async fn fetch_secret(
        &self,
        url: Url,
        places: Vec<usize>,
        wanted: &[SecretRequest],
    ) -> Vec<(usize, SecretResponse)> {
        let answer = self.session.get_with_token(url.clone()).await;
        let told = |at: usize| {
            let asked = HcvResponseReader {
                endpoint: self.session.endpoint(&url),
                server: &self.server,
                request: &wanted[at],
            };
            match answer
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|answer| asked.read_object(answer))
            {
                Ok(members) => SecretResponse::Object(members),
                Err(finding) => SecretResponse::Unavailable(finding),
            }
        };
        places.into_iter().map(|at| (at, told(at))).collect()
    }
}
