use std::fmt;

use super::client::OnRetry;
use super::{Client, Clock, EntityWrite, RequestError, ResponseOutcome, Transport, WriteOperation};
use json::{Object, Value};
use schema::{CanonicalBody, Catalog, Kind, canonicalize};
use state::EntityBody;

/// How a write ended.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteOutcome {
    /// It is done: the server said so, or what it holds says so.
    Applied,
    /// The server refused, and holds nothing of it.
    Rejected(ResponseOutcome),
    /// No answer came, and the server holds nothing of it.
    NoResponse(RequestError),
    /// It may have been carried out, and reading back did not tell.
    Unknown(Uncertainty),
}

/// Why reading back did not tell whether a write was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncertainty {
    /// No answer came to that either.
    NoResponse(RequestError),
    /// It was answered with this status.
    UnexpectedStatus(u16),
    /// The server stores a field that was sent as a hash.
    HashedField,
}

impl fmt::Display for Uncertainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse(trouble) => trouble.fmt(f),
            Self::UnexpectedStatus(status) => write!(f, "reading it back was answered with {status}"),
            Self::HashedField => f.write_str("no answer came, and reading it back shows a hash"),
        }
    }
}

/// What reading back told.
enum ReadBack {
    Matches,
    Differs,
    Uncertain(Uncertainty),
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Writes one entity. Where an answer was lost, or a proxy answered in the server's place, and a repeat does not
    /// settle it, what the server holds is read back and compared. Nothing is ever written twice: a POST bears its id,
    /// and everything else can be repeated.
    pub async fn write_entity(&self, catalog: &Catalog, write: &EntityWrite, on_retry: OnRetry<'_>) -> WriteOutcome {
        let request = self.dialect.write_request(catalog, write);
        match self.send_with_retry(&request, on_retry).await {
            Ok(answer) => match answer.outcome {
                ResponseOutcome::Success => WriteOutcome::Applied,
                ResponseOutcome::NotFound if write.operation == WriteOperation::Delete => WriteOutcome::Applied,
                refused if answer.may_have_applied_before || answer.response.status >= 500 => {
                    self.resolve_by_read_back(catalog, write, refused).await
                }
                refused => WriteOutcome::Rejected(refused),
            },
            Err(gave_up) if gave_up.may_have_applied => match self.read_back(catalog, write).await {
                ReadBack::Matches => WriteOutcome::Applied,
                ReadBack::Differs => WriteOutcome::NoResponse(gave_up.last_error),
                ReadBack::Uncertain(doubt) => WriteOutcome::Unknown(doubt),
            },
            Err(gave_up) => WriteOutcome::NoResponse(gave_up.last_error),
        }
    }

    /// Says how a write ended that was refused, after it may have been carried out.
    async fn resolve_by_read_back(
        &self,
        catalog: &Catalog,
        write: &EntityWrite,
        refused: ResponseOutcome,
    ) -> WriteOutcome {
        match self.read_back(catalog, write).await {
            ReadBack::Matches => WriteOutcome::Applied,
            ReadBack::Differs => WriteOutcome::Rejected(refused),
            ReadBack::Uncertain(doubt) => WriteOutcome::Unknown(doubt),
        }
    }

    /// Reads an entity back and says whether it stands as it was written.
    async fn read_back(&self, catalog: &Catalog, write: &EntityWrite) -> ReadBack {
        let request = self.dialect.read_request(catalog, write.address);
        let answer = match self.send_with_retry(&request, &|_| {}).await {
            Ok(answer) => answer,
            Err(gave_up) => return ReadBack::Uncertain(Uncertainty::NoResponse(gave_up.last_error)),
        };
        let there = match answer.outcome {
            ResponseOutcome::Success => serde_json::from_slice::<Object>(&answer.response.body).ok(),
            ResponseOutcome::NotFound => None,
            _ => return ReadBack::Uncertain(Uncertainty::UnexpectedStatus(answer.response.status)),
        };
        match (&write.operation, there) {
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

/// Whether a body holds a field of which the server stores a hash only, so that reading back shows nothing.
fn has_hashed_field(kind: &Kind, body: &EntityBody) -> bool {
    let hashed = kind
        .hashed_field
        .as_ref()
        .and_then(|hashed| body.expose().get(&hashed.field));
    hashed.is_some_and(|value| !value.is_null())
}

/// Compares what was sent with what stands, in canonical form. What was not sent may be anything: defaults and what
/// the server makes up.
fn compare_with_live(catalog: &Catalog, write: &EntityWrite, sent: &EntityBody, live: &Object) -> ReadBack {
    let kind = catalog.kind(write.address.kind);
    let CanonicalBody(wanted) = canonicalize(catalog, write.address.kind, sent.expose());
    let CanonicalBody(found) = canonicalize(catalog, write.address.kind, live);
    let partial = matches!(write.operation, WriteOperation::Patch(_));
    let all = wanted.iter().all(|(name, value)| {
        let said = sent.expose().contains_key(name);
        let hashed = kind.hashed_field.as_ref().is_some_and(|hashed| hashed.field == name);
        let counts = !hashed && if partial { said } else { said || !value.is_null() };
        !counts || contains_value(value, found.get(name).unwrap_or(&Value::Null))
    });
    if all { ReadBack::Matches } else { ReadBack::Differs }
}

/// Whether a value holds all that was wanted; a record may hold more.
fn contains_value(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted
            .iter()
            .all(|(name, value)| value.is_null() || contains_value(value, found.get(name).unwrap_or(&Value::Null))),
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted
                    .iter()
                    .zip(found)
                    .all(|(wanted, found)| contains_value(wanted, found))
        }
        _ => wanted == found,
    }
}
