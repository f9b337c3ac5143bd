use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::Instant;

use crate::unanswered::{causes, unanswered};
use reference::{Finding, Reason};

/// How often a server that is at fault itself is asked again.
const SECOND_CHANCES: usize = 2;

/// Why AWS did not do what it was asked to.
#[derive(Debug)]
pub struct Refusal {
    code: Option<String>,
    status: u16,
    stage: bool,
    unanswered: Option<Finding>,
}

/// What a refusal comes to. AWS' codes, as its API references give them for each operation and as errors of all services
/// ("Common Error Types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// No answer came.
    Unanswered,
    /// Too many requests.
    Throttled,
    /// The server is at fault.
    Broken,
    /// The credentials are none that AWS knows, or are used wrongly.
    Credentials,
    /// The credentials have expired.
    Expired,
    /// The credentials are good, but not for this.
    Denied,
    /// There is no such secret, or no such version of it.
    Missing,
    /// The secret is not in a state in which it is read: it is marked for deletion.
    Deleted,
    /// The secret's key does not decrypt it.
    Undecipherable,
    /// The request is none.
    Invalid,
    /// Something else.
    Unknown,
}

impl Refusal {
    /// What an error of the SDK says, in so far as it matters. AWS' own text stays behind: of it only matters whether it
    /// speaks of a stage.
    fn of<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> Self {
        let told = Self::told(error.as_service_error().map(ProvideErrorMetadata::meta));
        let answer = error.raw_response();
        Self {
            code: told.code.or_else(|| code_in_xml(answer?.body().bytes()?)),
            status: answer.map_or(0, |answer| answer.status().as_u16()),
            unanswered: unanswered_by(error),
            stage: told.stage,
        }
    }

    fn told(meta: Option<&aws_sdk_secretsmanager::error::ErrorMetadata>) -> Self {
        let message = meta.and_then(|meta| meta.message()).unwrap_or_default();
        Self {
            code: meta.and_then(|meta| meta.code()).map(str::to_owned),
            status: 0,
            stage: message.contains("staging label"),
            unanswered: None,
        }
    }

    /// What one secret of several was refused with.
    pub fn coded(code: &str, message: &str) -> Self {
        Self {
            code: Some(code.to_owned()),
            status: 0,
            stage: message.contains("staging label"),
            unanswered: None,
        }
    }

    /// An answer that lacks what it is asked for.
    pub fn nonsense() -> Self {
        Self {
            code: None,
            status: 500,
            stage: false,
            unanswered: None,
        }
    }

    /// What lies behind credentials that were not given, if a service refused them.
    pub fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| {
            let role = cause.downcast_ref::<AssumeRoleError>().map(ProvideErrorMetadata::meta);
            let identity = || {
                cause
                    .downcast_ref::<AssumeRoleWithWebIdentityError>()
                    .map(ProvideErrorMetadata::meta)
            };
            role.or_else(identity).map(|meta| Self::told(Some(meta)))
        })
    }

    /// Whether AWS says that the secret is there, but holds nothing at the stage that was asked for.
    pub fn is_of_stage(&self) -> bool {
        self.stage
    }

    /// What it comes to: by its code, and only without one by its status.
    pub fn sort(&self) -> Sort {
        if self.unanswered.is_some() {
            return Sort::Unanswered;
        }
        match self.code.as_deref() {
            Some(code) => of_code(code),
            None if self.status >= 500 => Sort::Broken,
            None if self.status == 429 => Sort::Throttled,
            None if matches!(self.status, 401 | 403) => Sort::Denied,
            None => Sort::Unknown,
        }
    }

    /// Whether it says the same of every secret of the vault.
    pub fn is_of_vault(&self) -> bool {
        use Sort::{Broken, Credentials, Expired, Throttled, Unanswered};
        matches!(self.sort(), Unanswered | Throttled | Broken | Credentials | Expired)
    }

    /// What it says of credentials that were to be had.
    pub fn of_login(&self, place: &str, vault: &str) -> Finding {
        match self.sort() {
            Sort::Denied | Sort::Invalid => Finding::new(
                Reason::LoginRefused,
                format!("{place} refuses the credentials: they are not allowed what they are needed for"),
            )
            .about(vault)
            .help("check the role that is to be assumed, and whom it trusts"),
            _ => self.of_vault(place, vault),
        }
    }

    /// What it says of all secrets of a vault.
    pub fn of_vault(&self, place: &str, vault: &str) -> Finding {
        let (reason, what, help) = match self.sort() {
            Sort::Unanswered => match &self.unanswered {
                Some(finding) => return finding.clone(),
                None => (
                    Reason::ConnectionFailed,
                    "gives no answer",
                    "check that it can be reached from here",
                ),
            },
            Sort::Throttled => (
                Reason::RateLimited,
                "limits how often it is asked, and there is no time left to wait",
                "run again later, or raise the quota of the account",
            ),
            Sort::Credentials => (
                Reason::LoginRefused,
                "refuses the credentials: it does not know them, or their signature is wrong",
                "check the access key, the secret key and the session token, and the clock of this machine",
            ),
            Sort::Expired => (
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

fn unanswered_by<E: Error + 'static>(error: &SdkError<E>) -> Option<Finding> {
    match error {
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ConstructionFailure(_) => {
            unanswered(error)
        }
        _ => None,
    }
}

/// The code in an answer of XML, which servers that only speak as AWS does give where AWS gives JSON.
fn code_in_xml(body: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

fn of_code(code: &str) -> Sort {
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "SlowDown" => Sort::Throttled,
        "InternalServiceError"
        | "InternalServiceErrorException"
        | "InternalFailure"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "IDPCommunicationError" => Sort::Broken,
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
        | "InvalidIdentityToken" => Sort::Credentials,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Sort::Expired,
        "AccessDeniedException" | "AccessDenied" | "RegionDisabledException" | "IDPRejectedClaim" => Sort::Denied,
        "ResourceNotFoundException" => Sort::Missing,
        "InvalidRequestException" => Sort::Deleted,
        "DecryptionFailure" | "DecryptionFailureException" => Sort::Undecipherable,
        "InvalidParameterException"
        | "InvalidParameterValue"
        | "ValidationException"
        | "ValidationError"
        | "MalformedPolicyDocument" => Sort::Invalid,
        code if code.starts_with("KMS") => Sort::Undecipherable,
        _ => Sort::Unknown,
    }
}

/// Asks; and again, ever later, while it is asked to be patient and there is time.
///
/// # Errors
/// The last refusal.
pub async fn patiently<T, E, F>(until: Instant, ask: impl Fn() -> F) -> Result<T, Refusal>
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
            Err(error) => Refusal::of(&error),
        };
        let again = match refusal.sort() {
            Sort::Throttled => true,
            Sort::Broken => turn < SECOND_CHANCES,
            _ => false,
        };
        if !again || Instant::now() + pause >= until {
            return Err(refusal);
        }
        tokio::time::sleep(pause).await;
    }
    Err(Refusal::nonsense())
}
