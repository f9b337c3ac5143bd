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

use super::connector::AwsConnector;
use super::role;
use crate::BackendContext;
use crate::cloud_settings::{is_metadata_allowed, operator_setting};
use crate::findings::bad_settings_finding;
use crate::operator::operator_variable_name;
use reference::{Finding, Reason, Secret, VaultTarget};

/// How long the places in which AWS' tools look for credentials may take to give some.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(2);

/// Who asks.
pub struct AwsLogin {
    source: AwsCredentialSource,
    role: Option<role::AwsRole>,
}

/// Where the credentials of this machine come from.
enum AwsCredentialSource {
    /// They are said.
    Static(Credentials),
    /// One of the profiles in AWS' own files.
    Profile(String),
    /// Wherever AWS' tools look; servers of the machine's cloud that give credentials only if `metadata`.
    Chain { allows_metadata_server: bool },
}

/// What getting credentials takes.
pub struct AwsCredentialRequest<'a> {
    /// The vault's name.
    pub vault: &'a str,
    /// The region.
    pub region: &'a str,
    /// Where roles are assumed, if it is not where AWS has it.
    pub sts_endpoint: Option<&'a Url>,
    /// The way out.
    pub connector: &'a AwsConnector,
    /// How long there is time.
    pub deadline: Instant,
}

impl AwsLogin {
    /// What the side that runs the check says, else what its environment does; and the role that the vault names.
    ///
    /// # Errors
    /// Half a set, or a choice that is not for a state file to make.
    pub fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let role = role::AwsRole::from_target(target, context)?;
        let source = match (
            operator_credentials(target)?,
            operator_setting(target, "profile")?.and_then(Secret::text),
        ) {
            (Some(credentials), _) => AwsCredentialSource::Static(credentials),
            (None, Some(name)) => AwsCredentialSource::Profile(name.to_owned()),
            (None, None) => match environment_credentials(target, context)? {
                Some(credentials) => AwsCredentialSource::Static(credentials),
                None => AwsCredentialSource::Chain {
                    allows_metadata_server: is_metadata_allowed(target)?,
                },
            },
        };
        Ok(Self { source, role })
    }

    /// The profile that is to be used, if one is said.
    pub fn profile_name(&self) -> Option<&str> {
        match &self.source {
            AwsCredentialSource::Profile(name) => Some(name),
            AwsCredentialSource::Static(_) | AwsCredentialSource::Chain { .. } => None,
        }
    }

    /// Credentials to read secrets with.
    ///
    /// # Errors
    /// There are none, or they or the role are refused.
    pub async fn load_credentials(&self, asking: &AwsCredentialRequest<'_>) -> Result<Credentials, Finding> {
        let own = match &self.source {
            AwsCredentialSource::Static(credentials) => credentials.clone(),
            AwsCredentialSource::Profile(name) => {
                let building = ProfileFileCredentialsProvider::builder().configure(&asking.provider_config());
                asking.load_from_provider(&building.profile_name(name).build()).await?
            }
            AwsCredentialSource::Chain {
                allows_metadata_server: metadata,
            } => asking.load_from_provider(&asking.provider_chain(*metadata)).await?,
        };
        match &self.role {
            Some(role) => role.assume(own, asking).await,
            None => Ok(own),
        }
    }
}

impl AwsCredentialRequest<'_> {
    fn provider_config(&self) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_region(Some(Region::new(self.region.to_owned())))
            .with_http_client(self.connector.clone())
    }

    /// Where AWS' tools look beyond the environment, in their order. The container's server is asked if variables of the
    /// machine say where it is; that of a virtual machine is asked for nothing unless that is wanted.
    fn provider_chain(&self, metadata: bool) -> CredentialsProviderChain {
        let config = self.provider_config();
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

    async fn load_from_provider(&self, provider: &impl ProvideCredentials) -> Result<Credentials, Finding> {
        match tokio::time::timeout(CREDENTIALS_TIMEOUT, provider.provide_credentials()).await {
            Ok(given) => given.map_err(|error| role::provider_finding(&error, self.vault)),
            Err(_) => Err(no_credentials_finding(self.vault)),
        }
    }
}

/// Nobody gives credentials.
pub fn no_credentials_finding(vault: &str) -> Finding {
    let (key, metadata) = (
        operator_variable_name(vault, "access_key_id"),
        operator_variable_name(vault, "metadata"),
    );
    let message = format!("there are no credentials for AWS here with which the vault '{vault}' could be asked");
    Finding::new(Reason::NoCredentials, message).about(vault).help(format!(
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a web identity, or {key} and the like; on a machine of AWS that has a role, {metadata}=true"
    ))
}

/// Credentials that the settings of the checker's side say.
fn operator_credentials(target: &VaultTarget) -> Result<Option<Credentials>, Finding> {
    let text = |word| Ok(operator_setting(target, word)?.and_then(Secret::text));
    build_credentials(
        (
            text("access_key_id")?,
            text("secret_access_key")?,
            text("session_token")?,
        ),
        (
            &operator_variable_name(&target.name, "access_key_id"),
            &operator_variable_name(&target.name, "secret_access_key"),
        ),
        &target.name,
    )
}

fn environment_credentials(target: &VaultTarget, context: &BackendContext) -> Result<Option<Credentials>, Finding> {
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let values = names.map(|name| (context.environment)(name));
    let [id, key, token] = values.each_ref().map(|value| {
        let text = value.as_ref()?.text()?.trim();
        (!text.is_empty()).then_some(text)
    });
    build_credentials((id, key, token), (names[0], names[1]), &target.name)
}

type AwsCredentialParts<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn build_credentials(
    (id, key, token): AwsCredentialParts<'_>,
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
    Err(bad_settings_finding(vault, &format!("{has} is set, but no {lacks}"))
        .help("one is of no use without the other"))
}
