use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::Credentials;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Builder, Region, StalledStreamProtectionConfig};

use super::error::{AwsError, AwsErrorKind, retry_with_backoff};
use super::login::{AwsCredentialRequest, no_credentials_finding};
use crate::BackendContext;
use crate::findings::bad_settings_finding;
use crate::operator::operator_variable_name;
use crate::sdk_error::carried_finding;
use reference::{Finding, Reason, SettingOrigin, VaultTarget};

/// The name of Kong's sessions, unless the vault gives one.
const DEFAULT_SESSION_NAME: &str = "KongVault";

/// A role that is assumed before secrets are read.
pub(crate) struct AwsRole {
    arn: String,
    session_name: String,
}

impl AwsRole {
    /// # Errors
    /// No ARN, or a role that a file chooses and whose owner would see what a template fills in.
    pub(crate) fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Option<Self>, Finding> {
        let vault = &target.name;
        if target.get("assume_role_arn").is_none() {
            return Ok(None);
        }
        let bad_arn = || bad_settings_finding(vault, "its assume_role_arn is no ARN of a role");
        let arn = target
            .text("assume_role_arn")
            .filter(|arn| arn.starts_with("arn:"))
            .ok_or_else(bad_arn)?;
        if target.least_trusted_origin(&["assume_role_arn"]) > SettingOrigin::Live
            && !context.allowed_hosts.allows_all()
        {
            check_templates(target)?;
        }
        let session_name = target.text("role_session_name").unwrap_or(DEFAULT_SESSION_NAME);
        Ok(Some(Self {
            arn: arn.to_owned(),
            session_name: session_name.to_owned(),
        }))
    }

    /// The role's credentials.
    ///
    /// # Errors
    /// AWS STS does not respond, or rejects the request.
    pub(crate) async fn assume(
        &self,
        credentials: Credentials,
        request: &AwsCredentialRequest<'_>,
    ) -> Result<Credentials, Finding> {
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(request.region.to_owned()))
            .http_client(request.connector.clone())
            .retry_config(RetryConfig::disabled())
            // the connector keeps the time, which is longer than the SDK would wait for a byte
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .credentials_provider(credentials);
        config.set_endpoint_url(request.sts_endpoint.map(ToString::to_string));
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let send = || {
            client
                .assume_role()
                .role_arn(&self.arn)
                .role_session_name(&self.session_name)
                .send()
        };
        let response = retry_with_backoff(request.deadline, send)
            .await
            .map_err(|error| assume_role_finding(&error, request.vault))?;
        let role_credentials = response
            .credentials
            .ok_or_else(|| assume_role_finding(&AwsError::malformed_response(), request.vault))?;
        Ok(Credentials::new(
            role_credentials.access_key_id,
            role_credentials.secret_access_key,
            Some(role_credentials.session_token),
            None,
            "strongroom",
        ))
    }
}

/// Whoever owns a role sees the names of its sessions and the secrets that they request.
fn check_templates(target: &VaultTarget) -> Result<(), Finding> {
    let vault = &target.name;
    let session_name = target.get("role_session_name");
    let templated = match session_name.map(|setting| setting.origin) {
        _ if target.templated.resources => "what for",
        Some(SettingOrigin::Template) => "its role_session_name",
        _ => return Ok(()),
    };
    let message = format!(
        "the vault '{vault}' is not asked: a template fills in {templated}, and a state file says whose role that is shown to"
    );
    let role = operator_variable_name(vault, "assume_role_arn");
    Err(Finding::new(Reason::UntrustedHost, message).about(vault).help(format!(
        "write it without a template, or name the role where the check runs: {role}"
    )))
}

fn assume_role_finding(error: &AwsError, vault: &str) -> Finding {
    let endpoint_label = format!("AWS STS, which the vault '{vault}' needs for its role,");
    match error.kind() {
        AwsErrorKind::InvalidParameter => bad_settings_finding(
            vault,
            "its assume_role_arn or its role_session_name is none that AWS could have",
        ),
        AwsErrorKind::AccessDenied => Finding::new(
            Reason::LoginRefused,
            format!("the credentials may not assume the role that the vault '{vault}' names, or it does not exist"),
        )
        .about(vault)
        .help("allow sts:AssumeRole on the role, and let the role trust the credentials"),
        _ => error.login_finding(&endpoint_label, vault),
    }
}

/// Why the source of credentials gave none.
pub(crate) fn provider_finding(error: &CredentialsError, vault: &str) -> Finding {
    match error {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::ProviderTimedOut(_) => {
            no_credentials_finding(vault)
        }
        CredentialsError::InvalidConfiguration(_) => bad_settings_finding(
            vault,
            "what AWS' own files or variables on this machine say of credentials makes no sense",
        )
        .help("check AWS_PROFILE, AWS_CONFIG_FILE, ~/.aws/config and what they name"),
        other => carried_finding(other).unwrap_or_else(|| source_finding(AwsError::from_error_sources(other), vault)),
    }
}

fn source_finding(error: Option<AwsError>, vault: &str) -> Finding {
    let endpoint_label = format!("AWS STS, which gives this machine the credentials for the vault '{vault}',");
    match error {
        Some(error) if error.kind() != AwsErrorKind::Unknown => error.login_finding(&endpoint_label, vault),
        _ => Finding::new(
            Reason::NoCredentials,
            format!("what this machine names as the source of credentials gives none for the vault '{vault}'"),
        )
        .about(vault)
        .help("check the profile, the file of the web identity's token or the container's credentials that AWS' variables and files name"),
    }
}
