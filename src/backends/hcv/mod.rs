//! `hcv`: the key-value engines of HashiCorp Vault, and of what speaks as it does.
//!
//! What Kong requests is known from its documentation alone (the fields of the vault's config, the auth methods, the key as
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
pub(crate) use self::server::validate_request;
use self::session::HcvSession;
use super::{Backend, BackendContext};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

const MAX_CONCURRENCY: usize = 8;

struct HcvBackend {
    server: HcvServer,
    session: HcvSession,
}

/// The server that the settings name, if the credentials may be sent to it.
///
/// # Errors
/// What holds for all of the vault's secrets: no credentials, settings that make no sense, an address that is not
/// allowed.
pub(crate) fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let login = HcvLogin::from_target(target)?;
    let server = HcvServer::from_target(target)?;
    let session = HcvSession::new(target, &server, login, context)?;
    Ok(Box::new(HcvBackend { server, session }))
}

impl Backend for HcvBackend {
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        async move {
            let mut responses = vec![None; requests.len()];
            let mut indices_by_url: BTreeMap<Url, Vec<usize>> = BTreeMap::new();
            // invalid requests are found before anything is sent, a login included
            for (index, request) in requests.iter().enumerate() {
                match self.server.secret_url(request) {
                    Ok(url) => indices_by_url.entry(url).or_default().push(index),
                    Err(finding) => responses[index] = Some(SecretResponse::Unavailable(finding)),
                }
            }
            let reads = stream::iter(indices_by_url).map(|(url, indices)| self.fetch_secret(url, indices, requests));
            let mut reads = reads.buffer_unordered(MAX_CONCURRENCY);
            while let Some(read) = reads.next().await {
                for (index, response) in read {
                    responses[index] = Some(response);
                }
            }
            responses.into_iter().flatten().collect()
        }
        .boxed()
    }
}

impl HcvBackend {
    /// Reads once what several requests name: in version 1, all versions of a secret are the same.
    async fn fetch_secret(
        &self,
        url: Url,
        indices: Vec<usize>,
        requests: &[SecretRequest],
    ) -> Vec<(usize, SecretResponse)> {
        let response = self.session.get_with_token(url.clone()).await;
        let read = |index: usize| {
            let reader = HcvResponseReader {
                endpoint: self.session.endpoint(&url),
                server: &self.server,
                request: &requests[index],
            };
            let response = response.as_ref().map_err(Clone::clone);
            match response.and_then(|response| reader.read_object(response)) {
                Ok(object) => SecretResponse::Object(object),
                Err(finding) => SecretResponse::Unavailable(finding),
            }
        };
        indices.into_iter().map(|index| (index, read(index))).collect()
    }
}
