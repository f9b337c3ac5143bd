//! `gcp`: Google Secret Manager, by its one call `versions.access`, with credentials as Google's own tools find them.
//!
//! What Kong asks for is known from its documentation alone: the resource is the secret's name, no version is `latest`, and
//! `#N` the version N. What answers mean goes by the envelope of errors that all of Google's APIs have.

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

/// Secret Manager as the settings name it, if the credentials may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that nobody vouches for.
pub fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let place = GcpEndpoint::from_target(target, context)?;
    let access = VaultHttpOptions {
        is_host_hidden: place.is_hidden,
        ca_bundle: operator_setting(target, "ca_cert")?,
        ..VaultHttpOptions::new(&target.name, context.timeout)
    };
    let secrets = GcpSecretsClient {
        http: VaultHttpClient::new(&access)?,
        endpoint: place,
        vault: target.name.clone(),
    };
    let login = GcpLogin::from_target(target, context)?;
    Ok(Box::new(GcpBackend {
        secrets_client: secrets,
        login,
    }))
}

/// What is wrong about a secret that is wanted, whoever asks.
pub fn validate_request(vault: &str, wanted: &SecretRequest) -> Option<Finding> {
    GcpSecretRequest::from_request(vault, wanted).err()
}

impl Backend for GcpBackend {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let vault = &self.secrets_client.vault;
        let wishes = wanted
            .iter()
            .map(|wanted| GcpSecretRequest::from_request(vault, wanted));
        let ask = async |wishes| {
            Ok(self
                .secrets_client
                .fetch_all(&self.login.auth_headers().await?, wishes)
                .await)
        };
        fetch_deduplicated(vault, wishes, ask).boxed()
    }
}
