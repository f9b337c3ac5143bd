use crate::http::Answer;
use json::{Object, Value};
use reference::ZeroizingValue;

/// The names of Google's codes, by their number (`google.rpc.Code`).
const CODES: [&str; 17] = [
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

/// What a refusal comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// There is no such secret, or no such version of it.
    Missing,
    /// The version is not in a state in which it is read.
    Unreadable(State),
    /// The credentials are good, but not for this.
    Denied(Cause),
    /// The credentials are refused.
    Credentials,
    /// The request is none.
    Invalid,
    /// Too many requests.
    Limited,
    /// The server is at fault, and says that it will pass.
    Unavailable,
    /// The server is at fault.
    Broken,
    /// Nothing that Secret Manager answers.
    Strange,
}

/// What a version is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be read.
    Enabled,
    /// It was disabled.
    Disabled,
    /// It was destroyed.
    Destroyed,
    /// Nobody says.
    Unknown,
}

/// Why something is denied, in so far as it decides what to do (`google.api.ErrorReason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The API is not enabled in the project.
    Service,
    /// The project is none, or none for these credentials.
    Project,
    /// The token is not for this API.
    Scope,
    /// The project that pays for the request is none for these credentials.
    Quota,
    /// A perimeter of VPC Service Controls.
    Perimeter,
    /// Anything else: mostly that a role is missing.
    Role,
}

/// What an answer other than a secret comes to: by the envelope that all errors of Google's APIs have, whose `status` is a
/// word or a number. Google's own text stays behind; of it only matters the state that it names.
pub fn sort(answer: &Answer) -> Sort {
    let body = ZeroizingValue::parse(answer.body.expose());
    match body.as_ref().and_then(|body| body.value().get("error")?.as_object()) {
        Some(error) => of_code(code(error.get("status"), answer.status), error),
        None => bare(answer.status),
    }
}

/// What an answer without the envelope comes to: some front end's, not Secret Manager's.
fn bare(status: u16) -> Sort {
    match status {
        401 => Sort::Credentials,
        403 => Sort::Denied(Cause::Role),
        503 => Sort::Unavailable,
        500.. => Sort::Broken,
        _ => Sort::Strange,
    }
}

/// The state of a version as Google gives it: a word or a number.
pub fn state(body: &Value) -> State {
    let state = body.get("state");
    match (state.and_then(Value::as_str), state.and_then(Value::as_u64)) {
        (Some("ENABLED"), _) | (_, Some(1)) => State::Enabled,
        (Some("DISABLED"), _) | (_, Some(2)) => State::Disabled,
        (Some("DESTROYED"), _) | (_, Some(3)) => State::Destroyed,
        _ => State::Unknown,
    }
}

fn code(said: Option<&Value>, status: u16) -> &str {
    let number = said
        .and_then(Value::as_u64)
        .and_then(|number| usize::try_from(number).ok());
    let of_number = number.and_then(|number| CODES.get(number).copied());
    let word = said.and_then(Value::as_str).or(of_number);
    word.unwrap_or(match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "UNKNOWN",
    })
}

fn of_code(code: &str, error: &Object) -> Sort {
    match code {
        "NOT_FOUND" => Sort::Missing,
        "FAILED_PRECONDITION" => Sort::Unreadable(named(error)),
        "PERMISSION_DENIED" => Sort::Denied(cause(error)),
        "UNAUTHENTICATED" => Sort::Credentials,
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" => Sort::Invalid,
        "RESOURCE_EXHAUSTED" => Sort::Limited,
        "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "ABORTED" | "CANCELLED" => Sort::Unavailable,
        "UNIMPLEMENTED" => Sort::Strange,
        _ => Sort::Broken,
    }
}

/// The state that a text names after the secret's own name, which stands in brackets.
fn named(error: &Object) -> State {
    let text = error.get("message").and_then(Value::as_str).unwrap_or_default();
    // a key's state is told in other words
    let of_version = text.strip_prefix("Secret Version [");
    let rest = of_version
        .and_then(|text| text.rsplit_once(']'))
        .map_or("", |(_, rest)| rest);
    match (rest.contains("DISABLED"), rest.contains("DESTROYED")) {
        (true, false) => State::Disabled,
        (false, true) => State::Destroyed,
        _ => State::Unknown,
    }
}

fn cause(error: &Object) -> Cause {
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let mut reasons = details.filter_map(|detail| detail.get("reason")?.as_str());
    reasons.find_map(of_reason).unwrap_or(Cause::Role)
}

fn of_reason(reason: &str) -> Option<Cause> {
    Some(match reason {
        "SERVICE_DISABLED" => Cause::Service,
        "CONSUMER_INVALID" | "CONSUMER_SUSPENDED" | "BILLING_DISABLED" => Cause::Project,
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => Cause::Scope,
        "USER_PROJECT_DENIED" => Cause::Quota,
        "SECURITY_POLICY_VIOLATED" => Cause::Perimeter,
        _ => return None,
    })
}
