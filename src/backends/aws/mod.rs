//! `aws`: AWS Secrets Manager, through AWS' own SDK.
//!
//! What Kong asks for is known from its documentation alone: the resource is the secret's name or ARN, no version or `#1`
//! the stage `AWSCURRENT`, `#2` `AWSPREVIOUS`. What answers mean goes by AWS' error codes, never by the status, which
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

/// Secrets Manager as the settings name it, if the credentials may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that nobody vouches for.
pub fn open(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    let endpoints = AwsEndpoints::from_target(target, context)?;
    let login = AwsLogin::from_target(target, context)?;
    let access = VaultHttpOptions {
        is_host_hidden: endpoints.is_host_hidden,
        ca_bundle: operator_setting(target, "ca_cert")?,
        ..VaultHttpOptions::new(&target.name, context.timeout)
    };
    Ok(Box::new(AwsBackend {
        vault: target.name.clone(),
        endpoints,
        login,
        connector: AwsConnector::new(VaultHttpClient::new(&access)?),
        timeout: context.timeout,
    }))
}

/// What is wrong about a secret that is wanted, whoever asks.
pub fn validate_request(vault: &str, wanted: &SecretRequest) -> Option<Finding> {
    AwsSecretRequest::from_request(vault, wanted).err()
}

impl Backend for AwsBackend {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let wishes = wanted
            .iter()
            .map(|wanted| AwsSecretRequest::from_request(&self.vault, wanted));
        let ask = async |wishes| Ok(self.secrets_client().await?.fetch_all(wishes).await);
        fetch_deduplicated(&self.vault, wishes, ask).boxed()
    }
}

impl AwsBackend {
    /// Gets credentials, once.
    async fn secrets_client(&self) -> Result<AwsSecretsClient, Finding> {
        // a little less than all the time there is, so that what is known by then is told
        let until = Instant::now() + self.timeout.mul_f32(0.95);
        let region = self.endpoints.resolve_region(&self.login).await?;
        let place = self.endpoints.endpoint_label(&self.vault, &region);
        let asking = login::AwsCredentialRequest {
            vault: &self.vault,
            region: &region,
            sts_endpoint: self.endpoints.sts.as_ref(),
            connector: &self.connector,
            deadline: until,
        };
        let credentials = self.login.load_credentials(&asking).await?;
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
            endpoint_label: Arc::from(place),
            vault: self.vault.clone(),
            deadline: until,
        })
    }
}
