use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientMethodOptions, ClientOptions};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use url::Url;

use super::connector::{to_sdk_error, transport_options};
use super::entra::EntraConnector;
use super::identity::{AzureIdentity, CredentialOrigin, IdentitySearch};
use crate::BackendContext;
use crate::cloud_settings::{environment_text, is_metadata_allowed, operator_setting};
use crate::findings::bad_settings_finding;
use crate::operator::operator_variable_name;
use reference::{Finding, Reason, Secret, VaultTarget};

/// How long the metadata server of the machine may take to give a token.
const MANAGED_IDENTITY_TIMEOUT: Duration = Duration::from_secs(2);

/// The variable that names the file with this machine's own token, as Kubernetes sets it.
const TOKEN_FILE_VARIABLE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// Which credentials secrets are read with.
pub(crate) struct AzureLogin {
    auth_method: AzureAuthMethod,
    no_credentials: Finding,
}

enum AzureAuthMethod {
    /// With the secret of an application.
    ClientSecret(AzureIdentity, Secret),
    /// With a token of another issuer that the application trusts.
    Federated(AzureIdentity, AssertionSource),
    /// As the machine itself, or as one of the identities that it has.
    ManagedIdentity(Option<String>),
}

/// A token of another issuer that an application trusts.
#[derive(Clone)]
enum AssertionSource {
    Token(Secret),
    File(PathBuf),
}

impl AzureLogin {
    /// The operator's settings, else the environment.
    ///
    /// # Errors
    /// No credentials, half of a pair, or a choice that is not for a state file to make.
    pub(crate) fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let search = IdentitySearch::new(target, context);
        let auth_method = match (
            operator_setting(target, "client_secret")?,
            operator_setting(target, "jwt")?,
        ) {
            (Some(secret), _) => {
                AzureAuthMethod::ClientSecret(search.identity_for_secret(CredentialOrigin::Settings)?, secret.clone())
            }
            (None, Some(token)) => AzureAuthMethod::Federated(
                search.identity_for_token(CredentialOrigin::Settings)?,
                AssertionSource::Token(token.clone()),
            ),
            (None, None) => match (
                search.environment_client_secret(),
                environment_text(context, TOKEN_FILE_VARIABLE),
            ) {
                (Some(secret), _) => {
                    AzureAuthMethod::ClientSecret(search.identity_for_secret(CredentialOrigin::Environment)?, secret)
                }
                (None, Some(file)) => AzureAuthMethod::Federated(
                    search.identity_for_token(CredentialOrigin::Environment)?,
                    AssertionSource::File(file.into()),
                ),
                (None, None) if is_metadata_allowed(target)? => {
                    AzureAuthMethod::ManagedIdentity(search.managed_identity_client_id())
                }
                (None, None) => return Err(no_credentials_finding(target, &search)),
            },
        };
        let no_credentials = no_credentials_finding(target, &search);
        Ok(Self {
            auth_method,
            no_credentials,
        })
    }

    /// How long a login may take, and what is reported after that.
    pub(crate) fn timeout(&self) -> Option<(Duration, Finding)> {
        matches!(self.auth_method, AzureAuthMethod::ManagedIdentity(_))
            .then(|| (MANAGED_IDENTITY_TIMEOUT, self.no_credentials.clone()))
    }

    /// The SDK's credential. Variables of the machine say where its managed identity is served; the SDK reads them itself.
    ///
    /// # Errors
    /// An identity that the SDK rejects, or a kind of machine that it does not support.
    pub(crate) fn token_credential(
        &self,
        vault: &str,
        authority_host: &Url,
        entra: EntraConnector,
    ) -> Result<Arc<dyn TokenCredential>, Finding> {
        let rejected = |_| bad_settings_finding(vault, "its tenant_id or its client_id is none that Azure could have");
        match &self.auth_method {
            AzureAuthMethod::ClientSecret(identity, secret) => {
                let credential = identity.secret_credential(secret, entra_client_options(entra, authority_host));
                credential.map_err(rejected)
            }
            AzureAuthMethod::Federated(identity, assertion) => {
                let credential = identity.assertion_credential(
                    vault,
                    assertion.clone(),
                    entra_client_options(entra, authority_host),
                );
                credential.map_err(rejected)
            }
            AzureAuthMethod::ManagedIdentity(client_id) => {
                managed_identity_credential(client_id.clone(), entra).map_err(|_| unsupported_identity_finding(vault))
            }
        }
    }
}

fn managed_identity_credential(
    client_id: Option<String>,
    entra: EntraConnector,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client_id.map(UserAssignedId::ClientId),
        client_options: transport_options(Arc::new(entra.into_connector())),
    };
    let credential = ManagedIdentityCredential::new(Some(options))?;
    Ok(credential)
}

fn entra_client_options(entra: EntraConnector, authority_host: &Url) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = authority_host.to_string();
    ClientOptions {
        cloud: Some(Arc::new(cloud.into())),
        ..transport_options(Arc::new(entra))
    }
}

impl AzureIdentity {
    fn secret_credential(
        &self,
        secret: &Secret,
        client_options: ClientOptions,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let text = String::from_utf8_lossy(secret.expose()).into_owned();
        let options = ClientSecretCredentialOptions { client_options };
        let credential =
            ClientSecretCredential::new(&self.tenant_id, self.client_id.clone(), text.into(), Some(options))?;
        Ok(credential)
    }

    fn assertion_credential(
        &self,
        vault: &str,
        assertion: AssertionSource,
        client_options: ClientOptions,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = ClientAssertionCredentialOptions { client_options };
        let provider = AssertionProvider {
            vault: vault.to_owned(),
            source: assertion,
        };
        let credential =
            ClientAssertionCredential::new(self.tenant_id.clone(), self.client_id.clone(), provider, Some(options))?;
        Ok(credential)
    }
}

struct AssertionProvider {
    vault: String,
    source: AssertionSource,
}

impl fmt::Debug for AssertionProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionProvider")
    }
}

#[async_trait]
impl ClientAssertion for AssertionProvider {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let token = match &self.source {
            AssertionSource::Token(token) => token.clone(),
            AssertionSource::File(path) => match std::fs::read(path) {
                Ok(bytes) => Secret::new(bytes),
                Err(_) => return Err(to_sdk_error(unreadable_token_finding(&self.vault))),
            },
        };
        let text = token.text().map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| to_sdk_error(unreadable_token_finding(&self.vault)))
    }
}

fn unreadable_token_finding(vault: &str) -> Finding {
    bad_settings_finding(
        vault,
        "there is no token in the file that AZURE_FEDERATED_TOKEN_FILE names",
    )
    .help("check the file, and that the check may read it")
}

/// The SDK supports virtual machines and App Service, and no others.
fn unsupported_identity_finding(vault: &str) -> Finding {
    let message = format!("the vault '{vault}' is not asked: this machine's sort of identity cannot be used from here");
    Finding::new(Reason::UnsupportedLogin, message).about(vault).help(
        "identities of virtual machines and of App Service can; else set AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE",
    )
}

fn no_credentials_finding(target: &VaultTarget, search: &IdentitySearch<'_>) -> Finding {
    let vault = &target.name;
    let (secret_variable, metadata) = (
        operator_variable_name(vault, "client_secret"),
        operator_variable_name(vault, "metadata"),
    );
    let message = format!("there are no credentials for Azure here with which the vault '{vault}' could be asked");
    let mut help = format!(
        "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_FEDERATED_TOKEN_FILE), or {secret_variable} and the like; on a machine of Azure that has an identity, {metadata}=true"
    );
    if search.has_ignored_prefix() {
        let prefix = operator_variable_name(vault, "credentials_prefix");
        help += &format!("; a credentials_prefix that only a state file says names no variables here, {prefix} does");
    }
    Finding::new(Reason::NoCredentials, message).about(vault).help(help)
}
