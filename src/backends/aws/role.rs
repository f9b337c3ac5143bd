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

/// What Kong calls its sessions unless a vault says otherwise.
const DEFAULT_SESSION_NAME: &str = "KongVault";

/// A role that is taken on before secrets are read.
pub struct AwsRole {
    arn: String,
    session_name: String,
}

impl AwsRole {
    /// The role that a vault names.
    ///
    /// # Errors
    /// No ARN, or a role that a file chooses and whose owner would see what a template fills in.
    pub fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Option<Self>, Finding> {
        let vault = &target.name;
        if target.get("assume_role_arn").is_none() {
            return Ok(None);
        }
        let no_text = || bad_settings_finding(vault, "its assume_role_arn is no ARN of a role");
        let arn = target
            .text("assume_role_arn")
            .filter(|arn| arn.starts_with("arn:"))
            .ok_or_else(no_text)?;
        if target.least_trusted_origin(&["assume_role_arn"]) > SettingOrigin::Live
            && !context.allowed_hosts.allows_all()
        {
            check_templates(target)?;
        }
        let session = target.get("role_session_name");
        let session = session
            .and_then(|session| session.value.text())
            .unwrap_or(DEFAULT_SESSION_NAME);
        Ok(Some(Self {
            arn: arn.to_owned(),
            session_name: session.to_owned(),
        }))
    }

    /// The role's credentials.
    ///
    /// # Errors
    /// The service that gives them does not answer, or refuses.
    pub async fn assume(&self, own: Credentials, asking: &AwsCredentialRequest<'_>) -> Result<Credentials, Finding> {
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(asking.region.to_owned()))
            .http_client(asking.connector.clone())
            .retry_config(RetryConfig::disabled())
            // the connector keeps the time, which is longer than the SDK would wait for a byte
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .credentials_provider(own);
        config.set_endpoint_url(asking.sts_endpoint.map(ToString::to_string));
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let ask = || {
            client
                .assume_role()
                .role_arn(&self.arn)
                .role_session_name(&self.session_name)
                .send()
        };
        let answer = retry_with_backoff(asking.deadline, ask)
            .await
            .map_err(|refusal| assume_role_finding(&refusal, asking.vault))?;
        let given = answer
            .credentials
            .ok_or_else(|| assume_role_finding(&AwsError::malformed_response(), asking.vault))?;
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "strongroom",
        ))
    }
}

/// Whoever owns a role sees what its sessions are called and which secrets they ask for.
fn check_templates(target: &VaultTarget) -> Result<(), Finding> {
    let vault = &target.name;
    let session = target.get("role_session_name").map(|session| session.origin);
    let what = match session {
        _ if target.templated.resources => "what for",
        Some(SettingOrigin::Template) => "its role_session_name",
        _ => return Ok(()),
    };
    let message = format!(
        "the vault '{vault}' is not asked: a template fills in {what}, and a state file says whose role that is shown to"
    );
    let role = operator_variable_name(vault, "assume_role_arn");
    Err(Finding::new(Reason::UntrustedHost, message).about(vault).help(format!(
        "write it without a template, or name the role where the check runs: {role}"
    )))
}

fn assume_role_finding(refusal: &AwsError, vault: &str) -> Finding {
    let place = format!("AWS STS, which the vault '{vault}' needs for its role,");
    match refusal.kind() {
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
        _ => refusal.login_finding(&place, vault),
    }
}

/// Nobody gave credentials, or who should have given them did not.
pub fn provider_finding(error: &CredentialsError, vault: &str) -> Finding {
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

fn source_finding(refusal: Option<AwsError>, vault: &str) -> Finding {
    let place = format!("AWS STS, which gives this machine the credentials for the vault '{vault}',");
    match refusal {
        Some(refusal) if refusal.kind() != AwsErrorKind::Unknown => refusal.login_finding(&place, vault),
        _ => Finding::new(
            Reason::NoCredentials,
            format!("what this machine names as the source of credentials gives none for the vault '{vault}'"),
        )
        .about(vault)
        .help("check the profile, the file of the web identity's token or the container's credentials that AWS' variables and files name"),
    }
}
