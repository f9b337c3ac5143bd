//! `azure`: Azure Key Vault, through Microsoft's own SDK.
//!
//! What Kong requests is known from its documentation alone: the resource is the secret's name, and its latest version is
//! read, for the versions of Azure are no numbers. Statuses and codes are those of recorded responses, and of Microsoft's
//! documentation ("Azure Key Vault REST API error codes", "Microsoft Entra authentication and authorization error codes").
//! What a secret's `nbf` and `exp` say is for people: Azure gives its value before the one and after the other ("About
//! Azure Key Vault secrets: Date-time controlled operations").

mod connector;
mod endpoints;
mod entra;
mod error;
mod identity;
mod login;
mod secrets;
mod token_credential;

use std::sync::Arc;

use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use self::connector::{AzureConnector, transport_options};
use self::endpoints::AzureEndpoints;
use self::entra::EntraConnector;
use self::login::AzureLogin;
use self::secrets::{AzureSecretName, AzureSecretsClient};
use self::token_credential::ScopedTokenCredential;
use super::cloud_settings::operator_setting;
use super::deduplicate::fetch_deduplicated;
use super::findings::bad_settings_finding;
use super::vault_endpoint::VaultEndpoint;
use super::vault_http::{VaultHttpClient, VaultHttpOptions};
use super::{Backend, BackendContext};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

struct AzureBackend {
    vault: String,
    endpoints: AzureEndpoints,
    login: AzureLogin,
    connector: AzureConnector,
    entra_connector: AzureConnector,
}

/// The vault that the settings name, if the credentials may be sent to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that is not allowed, no
/// credentials.
pub(crate) fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let endpoints = AzureEndpoints::from_target(target, context)?;
    let login = AzureLogin::from_target(target, context)?;
    let ca_bundle = operator_setting(target, "ca_cert")?;
    let connector = |login: bool| {
        let options = VaultHttpOptions {
            is_host_hidden: endpoints.is_host_hidden && !login,
            is_login: login,
            ca_bundle,
            ..VaultHttpOptions::new(&target.name, context.timeout)
        };
        VaultHttpClient::new(&options).map(AzureConnector::new)
    };
    Ok(Box::new(AzureBackend {
        vault: target.name.clone(),
        connector: connector(false)?,
        entra_connector: connector(true)?,
        endpoints,
        login,
    }))
}

/// What is invalid about a request, whatever the credentials.
pub(crate) fn validate_request(vault: &str, request: &SecretRequest) -> Option<Finding> {
    AzureSecretName::from_request(vault, request).err()
}

impl Backend for AzureBackend {
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let names = requests
            .iter()
            .map(|request| AzureSecretName::from_request(&self.vault, request));
        let fetch = async |names| Ok(self.secrets_client()?.fetch_all(names).await);
        fetch_deduplicated(&self.vault, names, fetch).boxed()
    }
}

impl AzureBackend {
    fn secrets_client(&self) -> Result<AzureSecretsClient, Finding> {
        let entra = EntraConnector::new(self.entra_connector.clone(), &self.endpoints.authority_host);
        let credential = self
            .login
            .token_credential(&self.vault, &self.endpoints.authority_host, entra)?;
        let token_credential = ScopedTokenCredential::new(
            credential,
            self.login.timeout(),
            self.endpoints.token_resources().collect(),
            self.endpoint(),
        );
        let options = SecretClientOptions {
            client_options: transport_options(Arc::new(self.connector.clone())),
            // `ScopedTokenCredential` checks what a token is for
            verify_challenge_resource: Some(false),
            ..SecretClientOptions::default()
        };
        let client = SecretClient::new(
            self.endpoints.vault_url.as_str(),
            Arc::new(token_credential),
            Some(options),
        );
        let client =
            client.map_err(|_| bad_settings_finding(&self.vault, "its address is none that Azure could have"))?;
        Ok(AzureSecretsClient {
            client,
            endpoint: self.endpoint(),
        })
    }

    fn endpoint(&self) -> VaultEndpoint {
        VaultEndpoint::new(&self.vault, &self.endpoints.vault_url, self.endpoints.is_host_hidden)
    }
}
