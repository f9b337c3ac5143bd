use super::error::{DenialCause, GcpErrorKind, SecretVersionState};
use super::secret_request::GcpSecretRequest;
use super::secrets::GcpSecretsClient;
use reference::{Finding, Reason};

/// Findings about a secret.
pub(crate) struct GcpSecretFindings<'a> {
    pub(crate) client: &'a GcpSecretsClient,
    pub(crate) request: &'a GcpSecretRequest,
}

impl GcpSecretFindings<'_> {
    pub(crate) fn error_finding(&self, kind: GcpErrorKind) -> Finding {
        match kind {
            GcpErrorKind::NotFound => self.missing_secret_finding(),
            GcpErrorKind::UnreadableVersion(state) => self.unreadable_version_finding(state),
            GcpErrorKind::PermissionDenied(cause) => self.permission_denied_finding(cause),
            GcpErrorKind::InvalidArgument => self.finding(
                Reason::BadResource,
                "is none that it could have: Google takes the name for none",
                "write the name as Google has it",
            ),
            GcpErrorKind::Unauthenticated
            | GcpErrorKind::RateLimited
            | GcpErrorKind::Unavailable
            | GcpErrorKind::ServerFault
            | GcpErrorKind::UnexpectedResponse => self.vault_finding(kind),
        }
    }

    pub(crate) fn unexpected_response_finding(&self, what: &str) -> Finding {
        let help = "check that the address is Google's own and that no proxy answers in its place";
        self.finding(Reason::ServerError, what, help)
    }

    pub(crate) fn binary_secret_finding(&self) -> Finding {
        let what = "is binary, and what Kong makes of one is not documented";
        self.finding(Reason::Undocumented, what, "store it as text")
    }

    fn missing_secret_finding(&self) -> Finding {
        match self.request.version {
            None => self.finding(
                Reason::NoSuchSecret,
                "does not exist, or has no version",
                "create it, or correct the reference or the vault's project_id",
            ),
            Some(_) => self.finding(
                Reason::NoSuchVersion,
                "does not exist",
                "correct the version after # and the name, or leave #… out for the latest",
            ),
        }
    }

    fn unreadable_version_finding(&self, state: SecretVersionState) -> Finding {
        let latest = match self.request.version {
            Some(_) => "",
            None => " in its latest version, which Kong asks for all the same",
        };
        let (reason, what, help) = match state {
            SecretVersionState::Disabled => (
                Reason::DisabledVersion,
                format!("is disabled{latest}"),
                "enable the version, or add a new one",
            ),
            SecretVersionState::Destroyed => (
                Reason::DestroyedVersion,
                format!("is destroyed{latest}"),
                "it cannot be brought back: add a new version",
            ),
            SecretVersionState::Enabled => (
                Reason::PermissionDenied,
                "cannot be decrypted: its KMS key is disabled or destroyed".to_owned(),
                "enable the key, or add a version under another",
            ),
            SecretVersionState::Unknown => (
                Reason::DisabledVersion,
                format!("is disabled or destroyed{latest}, or its KMS key is"),
                "enable the version and its key, or add a new version",
            ),
        };
        self.finding(reason, &what, help)
    }

    fn permission_denied_finding(&self, cause: DenialCause) -> Finding {
        let help = match cause {
            DenialCause::MissingRole => "grant the role roles/secretmanager.secretAccessor on it",
            DenialCause::ServiceDisabled => {
                "enable the Secret Manager API in the project (gcloud services enable secretmanager.googleapis.com)"
            }
            DenialCause::InvalidProject => {
                "correct the vault's project_id, and check that the project is active and billed"
            }
            DenialCause::InsufficientScope => {
                "give the credentials the scope https://www.googleapis.com/auth/cloud-platform"
            }
            DenialCause::QuotaProjectDenied => {
                "name a project that may pay for requests: GOOGLE_CLOUD_QUOTA_PROJECT, or gcloud auth application-default set-quota-project"
            }
            DenialCause::ServicePerimeter => {
                "let the perimeter of VPC Service Controls admit the machine that runs the check"
            }
        };
        let what = "may not be read with these credentials, or it does not exist";
        self.finding(Reason::PermissionDenied, what, help)
    }

    /// What holds for all secrets of the vault.
    fn vault_finding(&self, kind: GcpErrorKind) -> Finding {
        let (reason, what, help) = match kind {
            GcpErrorKind::Unauthenticated => (
                Reason::LoginRefused,
                "refuses the credentials: it does not know them, or their key or their account is disabled or deleted",
                "check the key of the service account, or log in again, and check the clock of this machine",
            ),
            GcpErrorKind::RateLimited => (
                Reason::RateLimited,
                "limits how often it is asked, and there is no time left to wait",
                "run again later, or raise the quota of the project",
            ),
            GcpErrorKind::Unavailable => (
                Reason::ServerError,
                "says that it is not available for now",
                "run again later",
            ),
            GcpErrorKind::UnexpectedResponse => (
                Reason::ServerError,
                "answers what Secret Manager does not answer",
                "check that the address is Google's own and that no proxy answers in its place",
            ),
            _ => (Reason::ServerError, "says that it is broken", "run again later"),
        };
        let GcpSecretsClient { endpoint, vault, .. } = self.client;
        Finding::new(reason, format!("{endpoint} {what}"))
            .about(vault)
            .help(help)
    }

    fn finding(&self, reason: Reason, what: &str, help: &str) -> Finding {
        let message = format!("{} of {} {what}", self.request.describe(), self.client.endpoint);
        Finding::new(reason, message).about(&self.request.secret_id).help(help)
    }
}
