use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_sdk_secretsmanager::config::{Credentials, ProvideCredentials, Region};
use tokio::time::Instant;
use url::Url;

use super::connector::Connector;
use super::role;
use crate::Context;
use crate::checker::{asks_metadata, own, unusable, variable};
use reference::{Finding, Reason, Secret, VaultTarget};

/// How long the places in which AWS' tools look for credentials may take to give some.
const LOOKING: Duration = Duration::from_secs(2);

/// Who asks.
pub struct Login {
    source: Source,
    role: Option<role::Role>,
}

/// Where the credentials of this machine come from.
enum Source {
    /// They are said.
    Said(Credentials),
    /// One of the profiles in AWS' own files.
    Profile(String),
    /// Wherever AWS' tools look; servers of the machine's cloud that give credentials only if `metadata`.
    Chain { metadata: bool },
}

/// What getting credentials takes.
pub struct Asking<'a> {
    /// The vault's name.
    pub vault: &'a str,
    /// The region.
    pub region: &'a str,
    /// Where roles are assumed, if it is not where AWS has it.
    pub sts: Option<&'a Url>,
    /// The way out.
    pub connector: &'a Connector,
    /// How long there is time.
    pub until: Instant,
}

impl Login {
    /// What the side that runs the check says, else what its environment does; and the role that the vault names.
    ///
    /// # Errors
    /// Half a set, or a choice that is not for a state file to make.
    pub fn of(target: &VaultTarget, context: &Context) -> Result<Self, Finding> {
        let role = role::Role::of(target, context)?;
        let source = match (said(target)?, own(target, "profile")?.and_then(Secret::text)) {
            (Some(credentials), _) => Source::Said(credentials),
            (None, Some(name)) => Source::Profile(name.to_owned()),
            (None, None) => match of_environment(target, context)? {
                Some(credentials) => Source::Said(credentials),
                None => Source::Chain {
                    metadata: asks_metadata(target)?,
                },
            },
        };
        Ok(Self { source, role })
    }

    /// The profile that is to be used, if one is said.
    pub fn profile(&self) -> Option<&str> {
        match &self.source {
            Source::Profile(name) => Some(name),
            Source::Said(_) | Source::Chain { .. } => None,
        }
    }

    /// Credentials to read secrets with.
    ///
    /// # Errors
    /// There are none, or they or the role are refused.
    pub async fn credentials(&self, asking: &Asking<'_>) -> Result<Credentials, Finding> {
        let own = match &self.source {
            Source::Said(credentials) => credentials.clone(),
            Source::Profile(name) => {
                let building = ProfileFileCredentialsProvider::builder().configure(&asking.config());
                asking.given(&building.profile_name(name).build()).await?
            }
            Source::Chain { metadata } => asking.given(&asking.chain(*metadata)).await?,
        };
        match &self.role {
            Some(role) => role.assumed(own, asking).await,
            None => Ok(own),
        }
    }
}

impl Asking<'_> {
    fn config(&self) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_region(Some(Region::new(self.region.to_owned())))
            .with_http_client(self.connector.clone())
    }

    /// Where AWS' tools look beyond the environment, in their order. The container's server is asked if variables of the
    /// machine say where it is; that of a virtual machine is asked for nothing unless that is wanted.
    fn chain(&self, metadata: bool) -> CredentialsProviderChain {
        let config = self.config();
        let profile = ProfileFileCredentialsProvider::builder().configure(&config).build();
        let identity = WebIdentityTokenCredentialsProvider::builder()
            .configure(&config)
            .build();
        let container = EcsCredentialsProvider::builder().configure(&config).build();
        let chain = CredentialsProviderChain::first_try("Profile", profile)
            .or_else("WebIdentityToken", identity)
            .or_else("EcsContainer", container);
        match metadata {
            true => {
                let machine = ImdsCredentialsProvider::builder().configure(&config).build();
                chain.or_else("Ec2InstanceMetadata", machine)
            }
            false => chain,
        }
    }

    async fn given(&self, provider: &impl ProvideCredentials) -> Result<Credentials, Finding> {
        match tokio::time::timeout(LOOKING, provider.provide_credentials()).await {
            Ok(given) => given.map_err(|error| role::not_given(&error, self.vault)),
            Err(_) => Err(none(self.vault)),
        }
    }
}

/// Nobody gives credentials.
pub fn none(vault: &str) -> Finding {
    let (key, metadata) = (variable(vault, "access_key_id"), variable(vault, "metadata"));
    let message = format!("there are no credentials for AWS here with which the vault '{vault}' could be asked");
    Finding::new(Reason::NoCredentials, message).about(vault).help(format!(
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a web identity, or {key} and the like; on a machine of AWS that has a role, {metadata}=true"
    ))
}

/// Credentials that the settings of the checker's side say.
fn said(target: &VaultTarget) -> Result<Option<Credentials>, Finding> {
    let text = |word| Ok(own(target, word)?.and_then(Secret::text));
    pair(
        (
            text("access_key_id")?,
            text("secret_access_key")?,
            text("session_token")?,
        ),
        (
            &variable(&target.name, "access_key_id"),
            &variable(&target.name, "secret_access_key"),
        ),
        &target.name,
    )
}

fn of_environment(target: &VaultTarget, context: &Context) -> Result<Option<Credentials>, Finding> {
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let values = names.map(|name| (context.environment)(name));
    let [id, key, token] = values.each_ref().map(|value| {
        let text = value.as_ref()?.text()?.trim();
        (!text.is_empty()).then_some(text)
    });
    pair((id, key, token), (names[0], names[1]), &target.name)
}

type Texts<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn pair(
    (id, key, token): Texts<'_>,
    (id_name, key_name): (&str, &str),
    vault: &str,
) -> Result<Option<Credentials>, Finding> {
    let (has, lacks) = match (id, key) {
        (None, None) => return Ok(None),
        (Some(id), Some(key)) => {
            return Ok(Some(Credentials::new(
                id,
                key,
                token.map(str::to_owned),
                None,
                "strongroom",
            )));
        }
        (Some(_), None) => (id_name, key_name),
        (None, Some(_)) => (key_name, id_name),
    };
    Err(unusable(vault, &format!("{has} is set, but no {lacks}")).help("one is of no use without the other"))
}
