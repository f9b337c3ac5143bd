//! `aws`: AWS Secrets Manager, through AWS' own SDK.
//!
//! What Kong asks for is known from its documentation alone: the resource is the secret's name or ARN, no version or `#1`
//! the stage `AWSCURRENT`, `#2` `AWSPREVIOUS`. What answers mean goes by AWS' error codes, never by the status, which
//! servers that speak as AWS does choose differently.

mod connector;
mod credentials;
mod endpoints;
mod refusal;
mod role;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, Region, StalledStreamProtectionConfig};
use aws_sdk_secretsmanager::{Client, config::retry::RetryConfig};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use self::connector::Connector;
use self::credentials::Login;
use self::endpoints::Endpoints;
use self::secrets::{Secrets, Wish};
use super::checker::own;
use super::http::{Access, Http};
use super::once::each_once;
use super::{Backend, Context};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

struct Aws {
    vault: String,
    endpoints: Endpoints,
    login: Login,
    connector: Connector,
    limit: Duration,
}

/// Secrets Manager as the settings name it, if the credentials may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that nobody vouches for.
pub fn open(target: &VaultTarget, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    let endpoints = Endpoints::of(target, context)?;
    let login = Login::of(target, context)?;
    let access = Access {
        hidden: endpoints.hidden,
        ca: own(target, "ca_cert")?,
        ..Access::new(&target.name, context.limit)
    };
    Ok(Box::new(Aws {
        vault: target.name.clone(),
        endpoints,
        login,
        connector: Connector::new(Http::new(&access)?),
        limit: context.limit,
    }))
}

/// What is wrong about a secret that is wanted, whoever asks.
pub fn unfit(vault: &str, wanted: &SecretRequest) -> Option<Finding> {
    Wish::of(vault, wanted).err()
}

impl Backend for Aws {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let wishes = wanted.iter().map(|wanted| Wish::of(&self.vault, wanted));
        let ask = async |wishes| Ok(self.secrets().await?.fetch(wishes).await);
        each_once(&self.vault, wishes, ask).boxed()
    }
}

impl Aws {
    /// Gets credentials, once.
    async fn secrets(&self) -> Result<Secrets, Finding> {
        // a little less than all the time there is, so that what is known by then is told
        let until = Instant::now() + self.limit.mul_f32(0.95);
        let region = self.endpoints.region(&self.login).await?;
        let place = self.endpoints.place(&self.vault, &region);
        let asking = credentials::Asking {
            vault: &self.vault,
            region: &region,
            sts: self.endpoints.sts.as_ref(),
            connector: &self.connector,
            until,
        };
        let credentials = self.login.credentials(&asking).await?;
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .http_client(self.connector.clone())
            .retry_config(RetryConfig::disabled())
            // the connector keeps the time, which is longer than the SDK would wait for a byte
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .credentials_provider(credentials);
        config.set_endpoint_url(self.endpoints.secrets.as_ref().map(ToString::to_string));
        Ok(Secrets {
            client: Client::from_conf(config.build()),
            place: Arc::from(place),
            vault: self.vault.clone(),
            until,
        })
    }
}
