use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::Credentials;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Builder, Region, StalledStreamProtectionConfig};

use super::credentials::{Asking, none};
use super::refusal::{Refusal, Sort, patiently};
use crate::Context;
use crate::checker::{unusable, variable};
use crate::unanswered::unanswered;
use reference::{Finding, Reason, SettingOrigin, VaultTarget};

/// What Kong calls its sessions unless a vault says otherwise.
const SESSION: &str = "KongVault";

/// A role that is taken on before secrets are read.
pub struct Role {
    arn: String,
    session: String,
}

impl Role {
    /// The role that a vault names.
    ///
    /// # Errors
    /// No ARN, or a role that a file chooses and whose owner would see what a template fills in.
    pub fn of(target: &VaultTarget, context: &Context) -> Result<Option<Self>, Finding> {
        let vault = &target.name;
        if target.get("assume_role_arn").is_none() {
            return Ok(None);
        }
        let no_text = || unusable(vault, "its assume_role_arn is no ARN of a role");
        let arn = target
            .text("assume_role_arn")
            .filter(|arn| arn.starts_with("arn:"))
            .ok_or_else(no_text)?;
        if target.least_trusted_origin(&["assume_role_arn"]) > SettingOrigin::Live && !context.hosts.allows_all() {
            nothing_filled(target)?;
        }
        let session = target.get("role_session_name");
        let session = session.and_then(|session| session.value.text()).unwrap_or(SESSION);
        Ok(Some(Self {
            arn: arn.to_owned(),
            session: session.to_owned(),
        }))
    }

    /// The role's credentials.
    ///
    /// # Errors
    /// The service that gives them does not answer, or refuses.
    pub async fn assumed(&self, own: Credentials, asking: &Asking<'_>) -> Result<Credentials, Finding> {
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(asking.region.to_owned()))
            .http_client(asking.connector.clone())
            .retry_config(RetryConfig::disabled())
            // the connector keeps the time, which is longer than the SDK would wait for a byte
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .credentials_provider(own);
        config.set_endpoint_url(asking.sts.map(ToString::to_string));
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let ask = || {
            client
                .assume_role()
                .role_arn(&self.arn)
                .role_session_name(&self.session)
                .send()
        };
        let answer = patiently(asking.until, ask)
            .await
            .map_err(|refusal| refused(&refusal, asking.vault))?;
        let given = answer
            .credentials
            .ok_or_else(|| refused(&Refusal::nonsense(), asking.vault))?;
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
fn nothing_filled(target: &VaultTarget) -> Result<(), Finding> {
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
    let role = variable(vault, "assume_role_arn");
    Err(Finding::new(Reason::UntrustedHost, message).about(vault).help(format!(
        "write it without a template, or name the role where the check runs: {role}"
    )))
}

fn refused(refusal: &Refusal, vault: &str) -> Finding {
    let place = format!("AWS STS, which the vault '{vault}' needs for its role,");
    match refusal.sort() {
        Sort::Invalid => unusable(
            vault,
            "its assume_role_arn or its role_session_name is none that AWS could have",
        ),
        Sort::Denied => Finding::new(
            Reason::LoginRefused,
            format!("the credentials may not assume the role that the vault '{vault}' names, or it does not exist"),
        )
        .about(vault)
        .help("allow sts:AssumeRole on the role, and let the role trust the credentials"),
        _ => refusal.of_login(&place, vault),
    }
}

/// Nobody gave credentials, or who should have given them did not.
pub fn not_given(error: &CredentialsError, vault: &str) -> Finding {
    match error {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::ProviderTimedOut(_) => none(vault),
        CredentialsError::InvalidConfiguration(_) => unusable(
            vault,
            "what AWS' own files or variables on this machine say of credentials makes no sense",
        )
        .help("check AWS_PROFILE, AWS_CONFIG_FILE, ~/.aws/config and what they name"),
        other => unanswered(other).unwrap_or_else(|| not_had(Refusal::behind(other), vault)),
    }
}

fn not_had(refusal: Option<Refusal>, vault: &str) -> Finding {
    let place = format!("AWS STS, which gives this machine the credentials for the vault '{vault}',");
    match refusal {
        Some(refusal) if refusal.sort() != Sort::Unknown => refusal.of_login(&place, vault),
        _ => Finding::new(
            Reason::NoCredentials,
            format!("what this machine names as the source of credentials gives none for the vault '{vault}'"),
        )
        .about(vault)
        .help("check the profile, the file of the web identity's token or the container's credentials that AWS' variables and files name"),
    }
}
