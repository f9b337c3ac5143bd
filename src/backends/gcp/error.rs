use crate::vault_http::VaultHttpResponse;
use json::{Object, Value};
use reference::ZeroizingValue;

/// The names of Google's codes, by their number (`google.rpc.Code`).
const RPC_CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// What a response without a secret means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GcpErrorKind {
    /// There is no such secret, or no such version of it.
    NotFound,
    /// The version is in a state in which it cannot be read.
    UnreadableVersion(SecretVersionState),
    /// The credentials are good, but not for this.
    PermissionDenied(DenialCause),
    Unauthenticated,
    InvalidArgument,
    RateLimited,
    /// A temporary fault of the server's.
    Unavailable,
    ServerFault,
    /// No response of Secret Manager's.
    UnexpectedResponse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretVersionState {
    Enabled,
    Disabled,
    Destroyed,
    Unknown,
}

/// Why something is denied (`google.api.ErrorReason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DenialCause {
    /// The API is not enabled in the project.
    ServiceDisabled,
    /// The project is none, or none for these credentials.
    InvalidProject,
    /// The token is not for this API.
    InsufficientScope,
    /// The project that pays for the request is none for these credentials.
    QuotaProjectDenied,
    /// A perimeter of VPC Service Controls.
    ServicePerimeter,
    /// Anything else: mostly that a role is missing.
    MissingRole,
}

/// Classifies by the envelope that all errors of Google's APIs have, whose `status` is a word or a number. Of Google's own
/// text only matters the state that it names.
pub(crate) fn classify_response(response: &VaultHttpResponse) -> GcpErrorKind {
    let body = ZeroizingValue::parse(response.body.expose());
    match body.as_ref().and_then(|body| body.value().get("error")?.as_object()) {
        Some(error) => classify_code(error_code(error.get("status"), response.status), error),
        None => classify_status(response.status),
    }
}

/// Classifies a response without the envelope: a front end's, not Secret Manager's.
fn classify_status(status: u16) -> GcpErrorKind {
    match status {
        401 => GcpErrorKind::Unauthenticated,
        403 => GcpErrorKind::PermissionDenied(DenialCause::MissingRole),
        503 => GcpErrorKind::Unavailable,
        500.. => GcpErrorKind::ServerFault,
        _ => GcpErrorKind::UnexpectedResponse,
    }
}

/// The state of a version: a word or a number.
pub(crate) fn parse_state(body: &Value) -> SecretVersionState {
    let state = body.get("state");
    match (state.and_then(Value::as_str), state.and_then(Value::as_u64)) {
        (Some("ENABLED"), _) | (_, Some(1)) => SecretVersionState::Enabled,
        (Some("DISABLED"), _) | (_, Some(2)) => SecretVersionState::Disabled,
        (Some("DESTROYED"), _) | (_, Some(3)) => SecretVersionState::Destroyed,
        _ => SecretVersionState::Unknown,
    }
}

fn error_code(status_member: Option<&Value>, status: u16) -> &str {
    let number = status_member
        .and_then(Value::as_u64)
        .and_then(|number| usize::try_from(number).ok());
    let name = number.and_then(|number| RPC_CODES.get(number).copied());
    let code = status_member.and_then(Value::as_str).or(name);
    code.unwrap_or(match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "UNKNOWN",
    })
}

fn classify_code(code: &str, error: &Object) -> GcpErrorKind {
    match code {
        "NOT_FOUND" => GcpErrorKind::NotFound,
        "FAILED_PRECONDITION" => GcpErrorKind::UnreadableVersion(state_in_message(error)),
        "PERMISSION_DENIED" => GcpErrorKind::PermissionDenied(denial_cause(error)),
        "UNAUTHENTICATED" => GcpErrorKind::Unauthenticated,
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" => GcpErrorKind::InvalidArgument,
        "RESOURCE_EXHAUSTED" => GcpErrorKind::RateLimited,
        "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "ABORTED" | "CANCELLED" => GcpErrorKind::Unavailable,
        "UNIMPLEMENTED" => GcpErrorKind::UnexpectedResponse,
        _ => GcpErrorKind::ServerFault,
    }
}

/// The state that a text names after the secret's own name, which stands in brackets.
fn state_in_message(error: &Object) -> SecretVersionState {
    let text = error.get("message").and_then(Value::as_str).unwrap_or_default();
    // messages about a key's state begin with other words
    let version_text = text.strip_prefix("Secret Version [");
    let rest = version_text
        .and_then(|text| text.rsplit_once(']'))
        .map_or("", |(_, rest)| rest);
    match (rest.contains("DISABLED"), rest.contains("DESTROYED")) {
        (true, false) => SecretVersionState::Disabled,
        (false, true) => SecretVersionState::Destroyed,
        _ => SecretVersionState::Unknown,
    }
}

fn denial_cause(error: &Object) -> DenialCause {
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let mut reasons = details.filter_map(|detail| detail.get("reason")?.as_str());
    reasons.find_map(classify_reason).unwrap_or(DenialCause::MissingRole)
}

fn classify_reason(reason: &str) -> Option<DenialCause> {
    Some(match reason {
        "SERVICE_DISABLED" => DenialCause::ServiceDisabled,
        "CONSUMER_INVALID" | "CONSUMER_SUSPENDED" | "BILLING_DISABLED" => DenialCause::InvalidProject,
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => DenialCause::InsufficientScope,
        "USER_PROJECT_DENIED" => DenialCause::QuotaProjectDenied,
        "SECURITY_POLICY_VIOLATED" => DenialCause::ServicePerimeter,
        _ => return None,
    })
}
