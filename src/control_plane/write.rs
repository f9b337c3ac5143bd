use std::fmt;

use super::client::{ClassifiedResponse, OnRetry};
use super::write_answer::{confirms_write, describe_body, parse_entity};
use super::{
    AdminApiError, Client, Clock, EntityWrite, RequestError, Response, ResponseOutcome, Transport, WriteOperation,
};
use json::{Object, Value};
use schema::{CanonicalBody, Catalog, Kind, canonicalize};
use state::EntityBody;

/// The end of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteOutcome {
    /// The server said so, or what it holds shows it.
    Applied,
    /// The server rejected it, and holds nothing of it.
    Rejected(ResponseOutcome),
    /// No response came, and the server holds nothing of it.
    NoResponse(RequestError),
    /// It may have been applied, and reading back did not show.
    Unknown(Uncertainty),
}

/// Why reading back did not show whether a write was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncertainty {
    /// No response came to the read either.
    NoResponse(RequestError),
    /// The read had a response of this status.
    UnexpectedStatus(u16),
    /// The read was answered as a success, with this instead of the entity.
    NotAnEntity(&'static str),
    /// The server stores a field that was sent as a hash.
    HashedField,
}

impl fmt::Display for Uncertainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse(error) => error.fmt(f),
            Self::UnexpectedStatus(status) => write!(f, "reading it back was answered with {status}"),
            Self::NotAnEntity(body) => write!(f, "reading it back was answered with {body} in the entity's place"),
            Self::HashedField => f.write_str("the answer does not show it, and reading it back shows a hash"),
        }
    }
}

/// What reading back shows.
enum ReadBack {
    Matches,
    Differs,
    Uncertain(Uncertainty),
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Writes one entity. Where a response was lost, or something responded in the server's place, be it with a success,
    /// and a retry does not tell whether the write was applied, what the server holds is read back and compared.
    /// Idempotent: a POST bears its id, and everything else can be repeated.
    pub async fn write_entity(&self, catalog: &Catalog, write: &EntityWrite, on_retry: OnRetry<'_>) -> WriteOutcome {
        let request = self.dialect.write_request(catalog, write);
        match self.send_with_retry(&request, on_retry).await {
            Ok(classified) => self.resolve_response(catalog, write, classified, on_retry).await,
            Err(exhausted) if exhausted.may_have_applied => match self.read_back(catalog, write, on_retry).await {
                ReadBack::Matches => WriteOutcome::Applied,
                ReadBack::Differs => WriteOutcome::NoResponse(exhausted.last_error),
                ReadBack::Uncertain(uncertainty) => WriteOutcome::Unknown(uncertainty),
            },
            Err(exhausted) => WriteOutcome::NoResponse(exhausted.last_error),
        }
    }

    /// How a write ended that was answered.
    async fn resolve_response(
        &self,
        catalog: &Catalog,
        write: &EntityWrite,
        classified: ClassifiedResponse,
        on_retry: OnRetry<'_>,
    ) -> WriteOutcome {
        let response = &classified.response;
        match classified.outcome {
            ResponseOutcome::Success if confirms_write(response, write) => WriteOutcome::Applied,
            ResponseOutcome::Success => {
                let rejection = ResponseOutcome::Unexpected(false_success_error(response));
                self.resolve_by_read_back(catalog, write, rejection, on_retry).await
            }
            ResponseOutcome::NotFound if write.operation == WriteOperation::Delete => WriteOutcome::Applied,
            rejection if classified.may_have_applied_before || response.status >= 500 => {
                self.resolve_by_read_back(catalog, write, rejection, on_retry).await
            }
            rejection => WriteOutcome::Rejected(rejection),
        }
    }

    /// How a write ended that was rejected after an earlier attempt may have been applied.
    async fn resolve_by_read_back(
        &self,
        catalog: &Catalog,
        write: &EntityWrite,
        rejection: ResponseOutcome,
        on_retry: OnRetry<'_>,
    ) -> WriteOutcome {
        match self.read_back(catalog, write, on_retry).await {
            ReadBack::Matches => WriteOutcome::Applied,
            ReadBack::Differs => WriteOutcome::Rejected(rejection),
            ReadBack::Uncertain(uncertainty) => WriteOutcome::Unknown(uncertainty),
        }
    }

    /// Reads an entity back and compares it with what was written.
    async fn read_back(&self, catalog: &Catalog, write: &EntityWrite, on_retry: OnRetry<'_>) -> ReadBack {
        let request = self.dialect.read_request(catalog, write.address);
        let classified = match self.send_with_retry(&request, on_retry).await {
            Ok(classified) => classified,
            Err(exhausted) => return ReadBack::Uncertain(Uncertainty::NoResponse(exhausted.last_error)),
        };
        let live = match classified.outcome {
            ResponseOutcome::Success => match parse_entity(&classified.response, write.address.id) {
                Some(live) => Some(live),
                None => return ReadBack::Uncertain(Uncertainty::NotAnEntity(describe_body(&classified.response.body))),
            },
            ResponseOutcome::NotFound => None,
            _ => return ReadBack::Uncertain(Uncertainty::UnexpectedStatus(classified.response.status)),
        };
        match (&write.operation, live) {
            (WriteOperation::Delete, None) => ReadBack::Matches,
            (WriteOperation::Delete, Some(_)) | (_, None) => ReadBack::Differs,
            (WriteOperation::Create(body), Some(live)) => compare_with_live(catalog, write, body, &live),
            (WriteOperation::Replace(body) | WriteOperation::Patch(body), Some(live)) => {
                if has_hashed_field(catalog.kind(write.address.kind), body) {
                    return ReadBack::Uncertain(Uncertainty::HashedField);
                }
                compare_with_live(catalog, write, body, &live)
            }
        }
    }
}

/// The error of a success that is none: nothing of what was written is there.
fn false_success_error(response: &Response) -> AdminApiError {
    let body = describe_body(&response.body);
    AdminApiError {
        status: response.status,
        fields: Vec::new(),
        message: Some(format!(
            "with {body} in the control plane's place, and it was not carried out; a proxy, a login page or another product answers"
        )),
    }
}

/// Whether a body holds a field that the server stores as a hash, which reading back cannot be compared with.
fn has_hashed_field(kind: &Kind, body: &EntityBody) -> bool {
    let hashed = kind.hashed_field.as_ref();
    let value = hashed.and_then(|hashed| body.expose().get(&hashed.field));
    value.is_some_and(|value| !value.is_null())
}

/// Compares what was sent with what is live, in canonical form. What was not sent may be anything: a default, or
/// generated by the server.
fn compare_with_live(catalog: &Catalog, write: &EntityWrite, sent: &EntityBody, live: &Object) -> ReadBack {
    let kind = catalog.kind(write.address.kind);
    let CanonicalBody(expected) = canonicalize(catalog, write.address.kind, sent.expose());
    let CanonicalBody(found) = canonicalize(catalog, write.address.kind, live);
    let is_partial = matches!(write.operation, WriteOperation::Patch(_));
    let matches = expected.iter().all(|(name, value)| {
        let is_sent = sent.expose().contains_key(name);
        let is_hashed = kind.hashed_field.as_ref().is_some_and(|hashed| hashed.field == name);
        let counts = !is_hashed
            && if is_partial {
                is_sent
            } else {
                is_sent || !value.is_null()
            };
        !counts || contains_value(value, found.get(name).unwrap_or(&Value::Null))
    });
    if matches { ReadBack::Matches } else { ReadBack::Differs }
}

/// Whether a value holds all that is expected; a record may hold more.
fn contains_value(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, value)| value.is_null() || contains_value(value, found.get(name).unwrap_or(&Value::Null))),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(expected, found)| contains_value(expected, found))
        }
        _ => expected == found,
    }
}
