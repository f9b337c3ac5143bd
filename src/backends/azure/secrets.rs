use std::collections::{BTreeMap, BTreeSet};

use azure_security_keyvault_secrets::SecretClient;
use futures_util::stream::{self, StreamExt};

use super::error::AzureError;
use crate::vault_endpoint::VaultEndpoint;
use reference::{Finding, Reason, Secret, SecretRequest, SecretResponse};

const MAX_CONCURRENCY: usize = 8;

/// The longest name of a secret ("Azure Key Vault: Objects, identifiers, and versioning").
const MAX_NAME_LENGTH: usize = 127;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AzureSecretName(String);

impl AzureSecretName {
    /// # Errors
    /// A name that no secret of Azure's can have, or a version: those of Azure are no numbers.
    pub(crate) fn from_request(vault: &str, request: &SecretRequest) -> Result<Self, Finding> {
        let name = &request.resource;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=MAX_NAME_LENGTH).contains(&name.len()) || !name.bytes().all(fits) {
            return Err(bad_name_finding(vault, name));
        }
        match &request.version {
            None => Ok(Self(name.clone())),
            Some(version) => Err(bad_version_finding(vault, name, version)),
        }
    }
}

fn bad_name_finding(vault: &str, name: &str) -> Finding {
    let shown = name.escape_debug();
    let message = format!(
        "'{shown}' cannot be the name of a secret of the vault '{vault}': Azure takes letters, digits and hyphens only"
    );
    Finding::new(Reason::BadResource, message)
        .about(shown.to_string())
        .help("write the name as Azure has it, without slashes")
}

fn bad_version_finding(vault: &str, name: &str, version: &str) -> Finding {
    let message = format!(
        "the secret '{name}' of the vault '{vault}' cannot have a version '{version}': those of Azure are no numbers"
    );
    Finding::new(Reason::BadVersion, message)
        .about(name)
        .help("leave the part after # out: the latest version is read")
}

/// Reads secrets of a vault.
pub(crate) struct AzureSecretsClient {
    pub(crate) client: SecretClient,
    pub(crate) endpoint: VaultEndpoint,
}

impl AzureSecretsClient {
    /// A response to each name. The first is read alone: it brings the token, or what is wrong with the whole vault.
    pub(crate) async fn fetch_all(
        &self,
        names: BTreeSet<AzureSecretName>,
    ) -> BTreeMap<AzureSecretName, SecretResponse> {
        let mut responses = BTreeMap::new();
        let mut names = names.into_iter();
        let Some(first) = names.next() else { return responses };
        let fetched = match self.fetch_secret(&first).await {
            Ok(fetched) => fetched,
            Err(AzureError {
                finding,
                affects_whole_vault,
            }) => {
                if affects_whole_vault {
                    responses.extend(
                        names
                            .by_ref()
                            .map(|name| (name, SecretResponse::Unavailable(finding.clone()))),
                    );
                }
                SecretResponse::Unavailable(finding)
            }
        };
        responses.insert(first, fetched);
        let rest = stream::iter(names).map(|name| async move {
            let to_response = |error: AzureError| SecretResponse::Unavailable(error.finding);
            let fetched = self.fetch_secret(&name).await.unwrap_or_else(to_response);
            (name, fetched)
        });
        responses.extend(rest.buffer_unordered(MAX_CONCURRENCY).collect::<Vec<_>>().await);
        responses
    }

    async fn fetch_secret(&self, name: &AzureSecretName) -> Result<SecretResponse, AzureError> {
        let AzureSecretName(name) = name;
        let response = self.client.get_secret(name, None).await;
        let response = response.map_err(|error| AzureError::from_sdk_error(error, &self.endpoint, name))?;
        let secret = response.into_model().ok().and_then(|secret| secret.value);
        Ok(match secret {
            Some(value) => SecretResponse::Text(Secret::new(value)),
            None => SecretResponse::Unavailable(
                self.endpoint
                    .unexpected_response_finding("gives an answer without a value, which Azure does not do"),
            ),
        })
    }
}
