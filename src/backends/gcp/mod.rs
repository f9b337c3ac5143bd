//! `gcp`: Google Secret Manager, by its one call `versions.access`, with credentials as Google's own tools find them.
//!
//! What Kong requests is known from its documentation alone: the resource is the secret's name, no version is `latest`, and
//! `#N` the version N. Responses are classified by the envelope of errors that all of Google's APIs have.

mod credentials_file;
mod destination_policy;
mod endpoint;
mod error;
mod federation;
mod findings;
mod login;
mod secret_request;
mod secrets;
mod self_signed_jwt;
mod token;
mod token_endpoint;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use self::endpoint::GcpEndpoint;
use self::login::GcpLogin;
use self::secret_request::GcpSecretRequest;
use self::secrets::GcpSecretsClient;
use super::cloud_settings::operator_setting;
use super::deduplicate::fetch_deduplicated;
use super::vault_http::{VaultHttpClient, VaultHttpOptions};
use super::{Backend, BackendContext};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

struct GcpBackend {
    secrets_client: GcpSecretsClient,
    login: GcpLogin,
}

/// Secret Manager as the settings name it, if the credentials may be sent to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that is not allowed.
pub(crate) fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let endpoint = GcpEndpoint::from_target(target, context)?;
    let options = VaultHttpOptions {
        is_host_hidden: endpoint.is_hidden,
        ca_bundle: operator_setting(target, "ca_cert")?,
        ..VaultHttpOptions::new(&target.name, context.timeout)
    };
    let secrets_client = GcpSecretsClient {
        http: VaultHttpClient::new(&options)?,
        endpoint,
        vault: target.name.clone(),
    };
    let login = GcpLogin::from_target(target, context)?;
    Ok(Box::new(GcpBackend { secrets_client, login }))
}

/// What is invalid about a request, whatever the credentials.
pub(crate) fn validate_request(vault: &str, request: &SecretRequest) -> Option<Finding> {
    GcpSecretRequest::from_request(vault, request).err()
}

impl Backend for GcpBackend {
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let vault = &self.secrets_client.vault;
        let requests = requests
            .iter()
            .map(|request| GcpSecretRequest::from_request(vault, request));
        let fetch = async |requests| {
            let headers = self.login.auth_headers().await?;
            Ok(self.secrets_client.fetch_all(&headers, requests).await)
        };
        fetch_deduplicated(vault, requests, fetch).boxed()
    }
}
