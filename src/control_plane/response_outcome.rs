use std::fmt;
use std::time::Duration;

use super::Response;
use json::{Object, Value};
use schema::{FieldPath, SchemaViolations};

/// What a response means.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponseOutcome {
    /// The body holds what was asked for.
    Success,
    /// There is an entity with the id that was to be created.
    IdTaken,
    /// Another entity conflicts: a unique name is taken, or something still refers to what was to be deleted.
    Conflict(AdminApiError),
    /// There is no such entity, or no such kind here.
    NotFound,
    /// The node switched the kind off, or serves no writes.
    Unsupported,
    /// What was sent violates the schema.
    Invalid(AdminApiError),
    /// The token is missing or wrong.
    Unauthorized,
    /// The token does not allow it.
    Forbidden,
    /// The request can be retried.
    RetryLater(RetryLater),
    /// Anything else: an internal error of the server, or no control plane at all.
    Unexpected(AdminApiError),
}

/// Why a request can be retried, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryLater {
    /// The status.
    pub status: u16,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether it may have been applied all the same: a proxy responded in the server's place.
    pub may_have_applied: bool,
}

/// An error of the Admin API. `Debug` shows the names of the fields only.
#[derive(Clone, Default, PartialEq)]
pub struct AdminApiError {
    /// The HTTP status.
    pub status: u16,
    /// The errors by field. The texts are the server's and may repeat a value.
    pub fields: Vec<(FieldPath, String)>,
    /// The server's message. It may repeat a value: shown only where nothing secret was sent.
    pub message: Option<String>,
}

impl fmt::Debug for AdminApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<String> = self.fields.iter().map(|(path, _)| path.to_string()).collect();
        write!(f, "AdminApiError({}, {fields:?})", self.status)
    }
}

/// The codes of Kong's errors.
mod error_code {
    pub(crate) const PRIMARY_KEY: i64 = 3;
    pub(crate) const FOREIGN_KEY: i64 = 4;
    pub const UNIQUE: i64 = 5;
    pub(crate) const UNSUPPORTED: i64 = 12;
    pub(crate) const REFERENCED: i64 = 19;
}

/// Classifies a response of Kong Gateway.
pub fn classify_response(response: &Response) -> ResponseOutcome {
    match response.status {
        200..=299 => ResponseOutcome::Success,
        401 => ResponseOutcome::Unauthorized,
        403 => ResponseOutcome::Forbidden,
        404 => ResponseOutcome::NotFound,
        429 | 502 | 503 | 504 => ResponseOutcome::RetryLater(parse_retry_later(response)),
        400..=499 => classify_client_error(response),
        _ => ResponseOutcome::Unexpected(parse_api_error(response)),
    }
}

/// When a response that is no answer yet can be asked for again.
pub(crate) fn parse_retry_later(response: &Response) -> RetryLater {
    RetryLater {
        status: response.status,
        retry_after: response.retry_after.map(Duration::from_secs),
        may_have_applied: response.status != 429,
    }
}

fn classify_client_error(response: &Response) -> ResponseOutcome {
    let Some(error) = parse_error_body(response) else {
        return ResponseOutcome::Unexpected(parse_api_error(response));
    };
    match error.get("code").and_then(Value::as_i64) {
        Some(error_code::PRIMARY_KEY) => ResponseOutcome::IdTaken,
        Some(error_code::UNIQUE) => {
            ResponseOutcome::Conflict(error_naming_fields(response, &error, "is taken by another entity"))
        }
        Some(error_code::FOREIGN_KEY | error_code::REFERENCED) if has_referrer(&error) => {
            ResponseOutcome::Conflict(still_referenced_error(response, &error))
        }
        Some(error_code::FOREIGN_KEY) => {
            ResponseOutcome::Invalid(error_naming_fields(response, &error, "does not exist"))
        }
        Some(error_code::UNSUPPORTED) => ResponseOutcome::Unsupported,
        None if response.status == 405 || is_switched_off(&error) => ResponseOutcome::Unsupported,
        _ => ResponseOutcome::Invalid(parse_api_error(response)),
    }
}

fn parse_error_body(response: &Response) -> Option<Object> {
    serde_json::from_slice(&response.body).ok()
}

/// `this endpoint is only available when wasm is enabled`.
fn is_switched_off(error: &Object) -> bool {
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    message.contains("only available when")
}

fn has_referrer(error: &Object) -> bool {
    referrer(error).is_some()
}

fn referrer(error: &Object) -> Option<&str> {
    error.get("fields")?.get("@referenced_by")?.as_str()
}

fn still_referenced_error(response: &Response, error: &Object) -> AdminApiError {
    let referrers = referrer(error).unwrap_or("entities");
    AdminApiError {
        status: response.status,
        fields: Vec::new(),
        message: Some(format!("{referrers} still refer to it")),
    }
}

/// An error whose `fields` hold values, not messages: only their names are kept.
fn error_naming_fields(response: &Response, error: &Object, what: &str) -> AdminApiError {
    let names = error.get("fields").and_then(Value::as_object);
    AdminApiError {
        status: response.status,
        fields: names
            .into_iter()
            .flat_map(Object::keys)
            .map(|name| (FieldPath::from_field(name), what.to_owned()))
            .collect(),
        message: None,
    }
}

fn parse_api_error(response: &Response) -> AdminApiError {
    let error = parse_error_body(response).unwrap_or_default();
    let fields = match error.get("fields") {
        Some(Value::Object(fields)) => SchemaViolations(fields.clone()).flatten(),
        _ => Vec::new(),
    };
    let message = error.get("message").and_then(Value::as_str);
    AdminApiError {
        status: response.status,
        message: message.filter(|_| fields.is_empty()).map(str::to_owned),
        fields,
    }
}
