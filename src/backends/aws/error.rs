use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::Instant;

use crate::sdk_error::carried_finding;
use http::error_causes;
use reference::{Finding, Reason};

/// How often a request is retried after a fault of the server's own.
const MAX_SERVER_FAULT_RETRIES: usize = 2;

/// An error of AWS, without its text, which may repeat what was sent.
#[derive(Debug)]
pub(crate) struct AwsError {
    code: Option<String>,
    status: u16,
    mentions_stage: bool,
    transport_finding: Option<Finding>,
}

/// What AWS' error codes mean: those of each operation in its API references, and "Common Error Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AwsErrorKind {
    /// No response came.
    NoResponse,
    Throttled,
    ServerFault,
    /// AWS does not know the credentials, or their signature is wrong.
    InvalidCredentials,
    ExpiredCredentials,
    /// The credentials are good, but not for this.
    AccessDenied,
    /// There is no such secret, or no such version of it.
    NotFound,
    MarkedForDeletion,
    /// The secret's key does not decrypt it.
    DecryptionFailed,
    InvalidParameter,
    Unknown,
}

impl AwsError {
    /// Of AWS' own text only matters whether it speaks of a stage.
    fn from_sdk_error<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> Self {
        let metadata = Self::from_metadata(error.as_service_error().map(ProvideErrorMetadata::meta));
        let response = error.raw_response();
        Self {
            code: metadata.code.or_else(|| parse_xml_code(response?.body().bytes()?)),
            status: response.map_or(0, |response| response.status().as_u16()),
            transport_finding: transport_finding(error),
            mentions_stage: metadata.mentions_stage,
        }
    }

    fn from_metadata(meta: Option<&aws_sdk_secretsmanager::error::ErrorMetadata>) -> Self {
        let message = meta.and_then(|meta| meta.message()).unwrap_or_default();
        Self {
            code: meta.and_then(|meta| meta.code()).map(str::to_owned),
            status: 0,
            mentions_stage: message.contains("staging label"),
            transport_finding: None,
        }
    }

    /// The error of one secret of a batch.
    pub(crate) fn from_code(code: &str, message: &str) -> Self {
        Self {
            code: Some(code.to_owned()),
            status: 0,
            mentions_stage: message.contains("staging label"),
            transport_finding: None,
        }
    }

    /// A response without what was requested.
    pub(crate) fn malformed_response() -> Self {
        Self {
            code: None,
            status: 500,
            mentions_stage: false,
            transport_finding: None,
        }
    }

    /// The error of a service behind credentials that could not be loaded.
    pub(crate) fn from_error_sources(error: &(dyn Error + 'static)) -> Option<Self> {
        error_causes(error).find_map(|cause| {
            let role = cause.downcast_ref::<AssumeRoleError>().map(ProvideErrorMetadata::meta);
            let identity = || {
                cause
                    .downcast_ref::<AssumeRoleWithWebIdentityError>()
                    .map(ProvideErrorMetadata::meta)
            };
            role.or_else(identity).map(|meta| Self::from_metadata(Some(meta)))
        })
    }

    /// Whether AWS says that the secret is there, but holds nothing at the requested stage.
    pub(crate) fn mentions_stage(&self) -> bool {
        self.mentions_stage
    }

    /// Classifies by the code, and only without one by the status.
    pub(crate) fn kind(&self) -> AwsErrorKind {
        if self.transport_finding.is_some() {
            return AwsErrorKind::NoResponse;
        }
        match self.code.as_deref() {
            Some(code) => classify_code(code),
            None if self.status >= 500 => AwsErrorKind::ServerFault,
            None if self.status == 429 => AwsErrorKind::Throttled,
            None if matches!(self.status, 401 | 403) => AwsErrorKind::AccessDenied,
            None => AwsErrorKind::Unknown,
        }
    }

    /// Whether every secret of the vault would meet the same error.
    pub(crate) fn affects_whole_vault(&self) -> bool {
        use AwsErrorKind::{ExpiredCredentials, InvalidCredentials, NoResponse, ServerFault, Throttled};
        matches!(
            self.kind(),
            NoResponse | Throttled | ServerFault | InvalidCredentials | ExpiredCredentials
        )
    }

    /// What it means for a login.
    pub(crate) fn login_finding(&self, endpoint_label: &str, vault: &str) -> Finding {
        match self.kind() {
            AwsErrorKind::AccessDenied | AwsErrorKind::InvalidParameter => Finding::new(
                Reason::LoginRefused,
                format!("{endpoint_label} refuses the credentials: they are not allowed what they are needed for"),
            )
            .about(vault)
            .help("check the role that is to be assumed, and whom it trusts"),
            _ => self.vault_finding(endpoint_label, vault),
        }
    }

    /// What it means for all secrets of a vault.
    pub(crate) fn vault_finding(&self, endpoint_label: &str, vault: &str) -> Finding {
        let (reason, what, help) = match self.kind() {
            AwsErrorKind::NoResponse => match &self.transport_finding {
                Some(finding) => return finding.clone(),
                None => (
                    Reason::ConnectionFailed,
                    "gives no answer",
                    "check that it can be reached from here",
                ),
            },
            AwsErrorKind::Throttled => (
                Reason::RateLimited,
                "limits how often it is asked, and there is no time left to wait",
                "run again later, or raise the quota of the account",
            ),
            AwsErrorKind::InvalidCredentials => (
                Reason::LoginRefused,
                "refuses the credentials: it does not know them, or their signature is wrong",
                "check the access key, the secret key and the session token, and the clock of this machine",
            ),
            AwsErrorKind::ExpiredCredentials => (
                Reason::LoginRefused,
                "refuses the credentials: they have expired",
                "get new ones, and check the clock of this machine",
            ),
            _ => (
                Reason::ServerError,
                "gives an answer that AWS does not give, or says that it is broken",
                "run again later, and check that the address is AWS' own and that no proxy answers in its place",
            ),
        };
        Finding::new(reason, format!("{endpoint_label} {what}"))
            .about(vault)
            .help(help)
    }
}

fn transport_finding<E: Error + 'static>(error: &SdkError<E>) -> Option<Finding> {
    match error {
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ConstructionFailure(_) => {
            carried_finding(error)
        }
        _ => None,
    }
}

/// The code in a response of XML, which imitations of AWS give where AWS gives JSON.
fn parse_xml_code(body: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

fn classify_code(code: &str) -> AwsErrorKind {
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "SlowDown" => AwsErrorKind::Throttled,
        "InternalServiceError"
        | "InternalServiceErrorException"
        | "InternalFailure"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "IDPCommunicationError" => AwsErrorKind::ServerFault,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidAccessKeyId"
        | "OptInRequired"
        | "NotAuthorized"
        | "InvalidIdentityToken" => AwsErrorKind::InvalidCredentials,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => AwsErrorKind::ExpiredCredentials,
        "AccessDeniedException" | "AccessDenied" | "RegionDisabledException" | "IDPRejectedClaim" => {
            AwsErrorKind::AccessDenied
        }
        "ResourceNotFoundException" => AwsErrorKind::NotFound,
        "InvalidRequestException" => AwsErrorKind::MarkedForDeletion,
        "DecryptionFailure" | "DecryptionFailureException" => AwsErrorKind::DecryptionFailed,
        "InvalidParameterException"
        | "InvalidParameterValue"
        | "ValidationException"
        | "ValidationError"
        | "MalformedPolicyDocument" => AwsErrorKind::InvalidParameter,
        code if code.starts_with("KMS") => AwsErrorKind::DecryptionFailed,
        _ => AwsErrorKind::Unknown,
    }
}

/// Sends, and retries with backoff while the server is throttling or at fault and there is time.
///
/// # Errors
/// The last error.
pub(crate) async fn retry_with_backoff<T, E, F>(deadline: Instant, send: impl Fn() -> F) -> Result<T, AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E>>>,
{
    let delays = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(300))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times();
    for (attempt, delay) in delays.build().enumerate() {
        let error = match send().await {
            Ok(response) => return Ok(response),
            Err(error) => AwsError::from_sdk_error(&error),
        };
        let should_retry = match error.kind() {
            AwsErrorKind::Throttled => true,
            AwsErrorKind::ServerFault => attempt < MAX_SERVER_FAULT_RETRIES,
            _ => false,
        };
        if !should_retry || Instant::now() + delay >= deadline {
            return Err(error);
        }
        tokio::time::sleep(delay).await;
    }
    Err(AwsError::malformed_response())
}
