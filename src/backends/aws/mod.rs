//! `aws`: AWS Secrets Manager, through AWS' own SDK.
//!
//! What Kong requests is known from its documentation alone: the resource is the secret's name or ARN, no version or `#1`
//! the stage `AWSCURRENT`, `#2` `AWSPREVIOUS`. Responses are classified by AWS' error codes, never by the status, which
//! servers that speak as AWS does choose differently.

mod connector;
mod endpoints;
mod error;
mod login;
mod role;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, Region, StalledStreamProtectionConfig};
use aws_sdk_secretsmanager::{Client, config::retry::RetryConfig};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use self::connector::AwsConnector;
use self::endpoints::AwsEndpoints;
use self::login::AwsLogin;
use self::secrets::{AwsSecretRequest, AwsSecretsClient};
use super::cloud_settings::operator_setting;
use super::deduplicate::fetch_deduplicated;
use super::vault_http::{VaultHttpClient, VaultHttpOptions};
use super::{Backend, BackendContext};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

struct AwsBackend {
    vault: String,
    endpoints: AwsEndpoints,
    login: AwsLogin,
    connector: AwsConnector,
    timeout: Duration,
}

/// Secrets Manager as the settings name it, if the credentials may be sent to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that is not allowed.
pub(crate) fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let endpoints = AwsEndpoints::from_target(target, context)?;
    let login = AwsLogin::from_target(target, context)?;
    let options = VaultHttpOptions {
        is_host_hidden: endpoints.is_host_hidden,
        ca_bundle: operator_setting(target, "ca_cert")?,
        ..VaultHttpOptions::new(&target.name, context.timeout)
    };
    Ok(Box::new(AwsBackend {
        vault: target.name.clone(),
        endpoints,
        login,
        connector: AwsConnector::new(VaultHttpClient::new(&options)?),
        timeout: context.timeout,
    }))
}

/// What is invalid about a request, whatever the credentials.
pub(crate) fn validate_request(vault: &str, request: &SecretRequest) -> Option<Finding> {
    AwsSecretRequest::from_request(vault, request).err()
}

impl Backend for AwsBackend {
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let requests = requests
            .iter()
            .map(|request| AwsSecretRequest::from_request(&self.vault, request));
        let fetch = async |requests| Ok(self.secrets_client().await?.fetch_all(requests).await);
        fetch_deduplicated(&self.vault, requests, fetch).boxed()
    }
}

impl AwsBackend {
    /// Loads credentials.
    async fn secrets_client(&self) -> Result<AwsSecretsClient, Finding> {
        // a little less than all the time there is, so that what is known by then is reported
        let deadline = Instant::now() + self.timeout.mul_f32(0.95);
        let region = self.endpoints.resolve_region(&self.login).await?;
        let label = self.endpoints.endpoint_label(&self.vault, &region);
        let request = login::AwsCredentialRequest {
            vault: &self.vault,
            region: &region,
            sts_endpoint: self.endpoints.sts.as_ref(),
            connector: &self.connector,
            deadline,
        };
        let credentials = self.login.load_credentials(&request).await?;
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .http_client(self.connector.clone())
            .retry_config(RetryConfig::disabled())
            // the connector keeps the time, which is longer than the SDK would wait for a byte
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .credentials_provider(credentials);
        config.set_endpoint_url(self.endpoints.secrets_manager.as_ref().map(ToString::to_string));
        Ok(AwsSecretsClient {
            client: Client::from_conf(config.build()),
            endpoint_label: Arc::from(label),
            vault: self.vault.clone(),
            deadline,
        })
    }
}
