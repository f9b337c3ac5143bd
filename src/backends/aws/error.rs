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

/// How often a server that is at fault itself is asked again.
const MAX_SERVER_FAULT_RETRIES: usize = 2;

/// Why AWS did not do what it was asked to.
#[derive(Debug)]
pub struct AwsError {
    code: Option<String>,
    status: u16,
    mentions_stage: bool,
    transport_finding: Option<Finding>,
}

/// What a refusal comes to. AWS' codes, as its API references give them for each operation and as errors of all services
/// ("Common Error Types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsErrorKind {
    /// No answer came.
    NoResponse,
    /// Too many requests.
    Throttled,
    /// The server is at fault.
    ServerFault,
    /// The credentials are none that AWS knows, or are used wrongly.
    InvalidCredentials,
    /// The credentials have expired.
    ExpiredCredentials,
    /// The credentials are good, but not for this.
    AccessDenied,
    /// There is no such secret, or no such version of it.
    NotFound,
    /// The secret is not in a state in which it is read: it is marked for deletion.
    MarkedForDeletion,
    /// The secret's key does not decrypt it.
    DecryptionFailed,
    /// The request is none.
    InvalidParameter,
    /// Something else.
    Unknown,
}

impl AwsError {
    /// What an error of the SDK says, in so far as it matters. AWS' own text stays behind: of it only matters whether it
    /// speaks of a stage.
    fn from_sdk_error<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> Self {
        let told = Self::from_metadata(error.as_service_error().map(ProvideErrorMetadata::meta));
        let answer = error.raw_response();
        Self {
            code: told.code.or_else(|| parse_xml_code(answer?.body().bytes()?)),
            status: answer.map_or(0, |answer| answer.status().as_u16()),
            transport_finding: transport_finding(error),
            mentions_stage: told.mentions_stage,
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

    /// What one secret of several was refused with.
    pub fn from_code(code: &str, message: &str) -> Self {
        Self {
            code: Some(code.to_owned()),
            status: 0,
            mentions_stage: message.contains("staging label"),
            transport_finding: None,
        }
    }

    /// An answer that lacks what it is asked for.
    pub fn malformed_response() -> Self {
        Self {
            code: None,
            status: 500,
            mentions_stage: false,
            transport_finding: None,
        }
    }

    /// What lies behind credentials that were not given, if a service refused them.
    pub fn from_error_sources(error: &(dyn Error + 'static)) -> Option<Self> {
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

    /// Whether AWS says that the secret is there, but holds nothing at the stage that was asked for.
    pub fn mentions_stage(&self) -> bool {
        self.mentions_stage
    }

    /// What it comes to: by its code, and only without one by its status.
    pub fn kind(&self) -> AwsErrorKind {
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

    /// Whether it says the same of every secret of the vault.
    pub fn affects_whole_vault(&self) -> bool {
        use AwsErrorKind::{ExpiredCredentials, InvalidCredentials, NoResponse, ServerFault, Throttled};
        matches!(
            self.kind(),
            NoResponse | Throttled | ServerFault | InvalidCredentials | ExpiredCredentials
        )
    }

    /// What it says of credentials that were to be had.
    pub fn login_finding(&self, place: &str, vault: &str) -> Finding {
        match self.kind() {
            AwsErrorKind::AccessDenied | AwsErrorKind::InvalidParameter => Finding::new(
                Reason::LoginRefused,
                format!("{place} refuses the credentials: they are not allowed what they are needed for"),
            )
            .about(vault)
            .help("check the role that is to be assumed, and whom it trusts"),
            _ => self.vault_finding(place, vault),
        }
    }

    /// What it says of all secrets of a vault.
    pub fn vault_finding(&self, place: &str, vault: &str) -> Finding {
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
        Finding::new(reason, format!("{place} {what}")).about(vault).help(help)
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

/// The code in an answer of XML, which servers that only speak as AWS does give where AWS gives JSON.
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

/// Asks; and again, ever later, while it is asked to be patient and there is time.
///
/// # Errors
/// The last refusal.
pub async fn retry_with_backoff<T, E, F>(until: Instant, ask: impl Fn() -> F) -> Result<T, AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<T, SdkError<E>>>,
{
    let pauses = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(300))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times();
    for (turn, pause) in pauses.build().enumerate() {
        let refusal = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => AwsError::from_sdk_error(&error),
        };
        let again = match refusal.kind() {
            AwsErrorKind::Throttled => true,
            AwsErrorKind::ServerFault => turn < MAX_SERVER_FAULT_RETRIES,
            _ => false,
        };
        if !again || Instant::now() + pause >= until {
            return Err(refusal);
        }
        tokio::time::sleep(pause).await;
    }
    Err(AwsError::malformed_response())
}
