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

/// How long the sources of credentials that AWS' tools know may take.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(2);

/// Which credentials secrets are read with.
pub(crate) struct AwsLogin {
    source: AwsCredentialSource,
    role: Option<role::AwsRole>,
}

enum AwsCredentialSource {
    Static(Credentials),
    /// A profile of AWS' own files.
    Profile(String),
    /// The sources that AWS' tools try, in their order.
    Chain {
        allows_metadata_server: bool,
    },
}

/// What loading credentials takes.
pub(crate) struct AwsCredentialRequest<'a> {
    pub(crate) vault: &'a str,
    pub(crate) region: &'a str,
    /// Where roles are assumed, if it is not where AWS has it.
    pub(crate) sts_endpoint: Option<&'a Url>,
    pub(crate) connector: &'a AwsConnector,
    pub(crate) deadline: Instant,
}

impl AwsLogin {
    /// The operator's settings, else the environment; and the role that the vault names.
    ///
    /// # Errors
    /// Half of a pair, or a choice that is not for a state file to make.
    pub(crate) fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
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

    pub(crate) fn profile_name(&self) -> Option<&str> {
        match &self.source {
            AwsCredentialSource::Profile(name) => Some(name),
            AwsCredentialSource::Static(_) | AwsCredentialSource::Chain { .. } => None,
        }
    }

    /// Credentials to read secrets with.
    ///
    /// # Errors
    /// There are none, or AWS rejects them or the role.
    pub(crate) async fn load_credentials(&self, request: &AwsCredentialRequest<'_>) -> Result<Credentials, Finding> {
        let credentials = match &self.source {
            AwsCredentialSource::Static(credentials) => credentials.clone(),
            AwsCredentialSource::Profile(name) => {
                let builder = ProfileFileCredentialsProvider::builder().configure(&request.provider_config());
                request.load_from_provider(&builder.profile_name(name).build()).await?
            }
            AwsCredentialSource::Chain { allows_metadata_server } => {
                request
                    .load_from_provider(&request.provider_chain(*allows_metadata_server))
                    .await?
            }
        };
        match &self.role {
            Some(role) => role.assume(credentials, request).await,
            None => Ok(credentials),
        }
    }
}

impl AwsCredentialRequest<'_> {
    fn provider_config(&self) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_region(Some(Region::new(self.region.to_owned())))
            .with_http_client(self.connector.clone())
    }

    /// The sources that AWS' tools try beyond the environment, in their order. The container's server is asked if variables
    /// of the machine say where it is; the metadata server of a virtual machine only if that is allowed.
    fn provider_chain(&self, allows_metadata_server: bool) -> CredentialsProviderChain {
        let config = self.provider_config();
        let profile = ProfileFileCredentialsProvider::builder().configure(&config).build();
        let identity = WebIdentityTokenCredentialsProvider::builder()
            .configure(&config)
            .build();
        let container = EcsCredentialsProvider::builder().configure(&config).build();
        let chain = CredentialsProviderChain::first_try("Profile", profile)
            .or_else("WebIdentityToken", identity)
            .or_else("EcsContainer", container);
        match allows_metadata_server {
            true => {
                let instance = ImdsCredentialsProvider::builder().configure(&config).build();
                chain.or_else("Ec2InstanceMetadata", instance)
            }
            false => chain,
        }
    }

    async fn load_from_provider(&self, provider: &impl ProvideCredentials) -> Result<Credentials, Finding> {
        match tokio::time::timeout(CREDENTIALS_TIMEOUT, provider.provide_credentials()).await {
            Ok(credentials) => credentials.map_err(|error| role::provider_finding(&error, self.vault)),
            Err(_) => Err(no_credentials_finding(self.vault)),
        }
    }
}

pub(crate) fn no_credentials_finding(vault: &str) -> Finding {
    let (key, metadata) = (
        operator_variable_name(vault, "access_key_id"),
        operator_variable_name(vault, "metadata"),
    );
    let message = format!("there are no credentials for AWS here with which the vault '{vault}' could be asked");
    Finding::new(Reason::NoCredentials, message).about(vault).help(format!(
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a web identity, or {key} and the like; on a machine of AWS that has a role, {metadata}=true"
    ))
}

fn operator_credentials(target: &VaultTarget) -> Result<Option<Credentials>, Finding> {
    let text = |setting| Ok(operator_setting(target, setting)?.and_then(Secret::text));
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
