use std::fmt;
use std::time::Duration;

use super::Response;
use json::{Object, Value};
use schema::{FieldPath, SchemaViolations};

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is done; the answer is in the body.
    Done,
    /// There is already an entity with the id that was to be made.
    IdTaken,
    /// Another entity is in the way: a unique name is taken, or something still refers to what was to be deleted.
    Conflict(Refusal),
    /// There is no such entity, or no such kind here.
    Missing,
    /// The node switched the kind off, or serves no writes.
    NotHere,
    /// What was sent is wrong.
    Refused(Refusal),
    /// The token is missing or wrong.
    Unauthorised,
    /// The token does not allow it.
    Forbidden,
    /// It can be tried again.
    Later(Later),
    /// Something that this program does not know: an error of the server's own, or no control plane at all.
    Unexpected(Refusal),
}

/// Why something can be tried again, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later {
    /// The status.
    pub status: u16,
    /// How long the server asks to wait.
    pub wait: Option<Duration>,
    /// Whether it may have been carried out all the same: a proxy answered in the server's place.
    pub maybe_done: bool,
}

/// What a server says is wrong. `Debug` names the fields only.
#[derive(Clone, Default, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, field by field. The texts are the server's and may repeat a value.
    pub fields: Vec<(FieldPath, String)>,
    /// The server's sentence. It may repeat a value: shown only where nothing secret was sent.
    pub message: Option<String>,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<String> = self.fields.iter().map(|(path, _)| path.to_string()).collect();
        write!(f, "Refusal({}, {fields:?})", self.status)
    }
}

/// The codes of Kong's errors.
mod code {
    pub const PRIMARY_KEY: i64 = 3;
    pub const FOREIGN_KEY: i64 = 4;
    pub const UNIQUE: i64 = 5;
    pub const UNSUPPORTED: i64 = 12;
    pub const REFERENCED: i64 = 19;
}

/// Reads an answer of the gateway.
pub fn read(response: &Response) -> Outcome {
    match response.status {
        200..=299 => Outcome::Done,
        401 => Outcome::Unauthorised,
        403 => Outcome::Forbidden,
        404 => Outcome::Missing,
        429 | 502 | 503 | 504 => Outcome::Later(later(response)),
        400..=499 => refused(response),
        _ => Outcome::Unexpected(refusal(response)),
    }
}

fn later(response: &Response) -> Later {
    Later {
        status: response.status,
        wait: response.retry_after.map(Duration::from_secs),
        maybe_done: response.status != 429,
    }
}

fn refused(response: &Response) -> Outcome {
    let Some(error) = error_of(response) else {
        return Outcome::Unexpected(refusal(response));
    };
    match error.get("code").and_then(Value::as_i64) {
        Some(code::PRIMARY_KEY) => Outcome::IdTaken,
        Some(code::UNIQUE) => Outcome::Conflict(worded(response, &error, "is taken by another entity")),
        Some(code::FOREIGN_KEY | code::REFERENCED) if names_referrer(&error) => {
            Outcome::Conflict(referred_to(response, &error))
        }
        Some(code::FOREIGN_KEY) => Outcome::Refused(worded(response, &error, "does not exist")),
        Some(code::UNSUPPORTED) => Outcome::NotHere,
        None if response.status == 405 || switched_off(&error) => Outcome::NotHere,
        _ => Outcome::Refused(refusal(response)),
    }
}

fn error_of(response: &Response) -> Option<Object> {
    serde_json::from_slice(&response.body).ok()
}

/// `this endpoint is only available when wasm is enabled`.
fn switched_off(error: &Object) -> bool {
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    message.contains("only available when")
}

fn names_referrer(error: &Object) -> bool {
    referrer(error).is_some()
}

fn referrer(error: &Object) -> Option<&str> {
    error.get("fields")?.get("@referenced_by")?.as_str()
}

fn referred_to(response: &Response, error: &Object) -> Refusal {
    let by = referrer(error).unwrap_or("entities");
    Refusal {
        status: response.status,
        fields: Vec::new(),
        message: Some(format!("{by} still refer to it")),
    }
}

/// A refusal whose `fields` hold values, not messages: only their names are told.
fn worded(response: &Response, error: &Object, what: &str) -> Refusal {
    let names = error.get("fields").and_then(Value::as_object);
    Refusal {
        status: response.status,
        fields: names
            .into_iter()
            .flat_map(Object::keys)
            .map(|name| (FieldPath::from_field(name), what.to_owned()))
            .collect(),
        message: None,
    }
}

fn refusal(response: &Response) -> Refusal {
    let error = error_of(response).unwrap_or_default();
    let fields = match error.get("fields") {
        Some(Value::Object(fields)) => SchemaViolations(fields.clone()).flatten(),
        _ => Vec::new(),
    };
    let message = error.get("message").and_then(Value::as_str);
    Refusal {
        status: response.status,
        message: message.filter(|_| fields.is_empty()).map(str::to_owned),
        fields,
    }
}
