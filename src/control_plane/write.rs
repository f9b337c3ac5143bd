use std::fmt;

use super::client::OnRetry;
use super::{Client, Clock, Outcome, Transport, Trouble, Verb, Write};
use json::{Object, Value};
use schema::{CanonicalBody, Catalog, Kind, canonicalize};
use state::EntityBody;

/// How a write ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// It is done: the server said so, or what it holds says so.
    Done,
    /// The server refused, and holds nothing of it.
    Refused(Outcome),
    /// No answer came, and the server holds nothing of it.
    NoAnswer(Trouble),
    /// It may have been carried out, and reading back did not tell.
    Unknown(Doubt),
}

/// Why reading back did not tell whether a write was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No answer came to that either.
    NoAnswer(Trouble),
    /// It was answered with this status.
    Unreadable(u16),
    /// The server stores a field that was sent as a hash.
    Hashed,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(trouble) => trouble.fmt(f),
            Self::Unreadable(status) => write!(f, "reading it back was answered with {status}"),
            Self::Hashed => f.write_str("no answer came, and reading it back shows a hash"),
        }
    }
}

/// What reading back told.
enum Stands {
    Yes,
    No,
    Unclear(Doubt),
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Writes one entity. Where an answer was lost, or a proxy answered in the server's place, and a repeat does not
    /// settle it, what the server holds is read back and compared. Nothing is ever written twice: a POST bears its id,
    /// and everything else can be repeated.
    pub async fn write(&self, catalog: &Catalog, write: &Write, on_retry: OnRetry<'_>) -> Written {
        let request = self.dialect.write(catalog, write);
        match self.exchange(&request, on_retry).await {
            Ok(answer) => match answer.outcome {
                Outcome::Done => Written::Done,
                Outcome::Missing if write.verb == Verb::Delete => Written::Done,
                refused if answer.maybe_done_before || answer.response.status >= 500 => {
                    self.settle(catalog, write, refused).await
                }
                refused => Written::Refused(refused),
            },
            Err(gave_up) if gave_up.maybe_done => match self.stands(catalog, write).await {
                Stands::Yes => Written::Done,
                Stands::No => Written::NoAnswer(gave_up.why),
                Stands::Unclear(doubt) => Written::Unknown(doubt),
            },
            Err(gave_up) => Written::NoAnswer(gave_up.why),
        }
    }

    /// Says how a write ended that was refused, after it may have been carried out.
    async fn settle(&self, catalog: &Catalog, write: &Write, refused: Outcome) -> Written {
        match self.stands(catalog, write).await {
            Stands::Yes => Written::Done,
            Stands::No => Written::Refused(refused),
            Stands::Unclear(doubt) => Written::Unknown(doubt),
        }
    }

    /// Reads an entity back and says whether it stands as it was written.
    async fn stands(&self, catalog: &Catalog, write: &Write) -> Stands {
        let request = self.dialect.read(catalog, write.to);
        let answer = match self.exchange(&request, &|_| {}).await {
            Ok(answer) => answer,
            Err(gave_up) => return Stands::Unclear(Doubt::NoAnswer(gave_up.why)),
        };
        let there = match answer.outcome {
            Outcome::Done => serde_json::from_slice::<Object>(&answer.response.body).ok(),
            Outcome::Missing => None,
            _ => return Stands::Unclear(Doubt::Unreadable(answer.response.status)),
        };
        match (&write.verb, there) {
            (Verb::Delete, None) => Stands::Yes,
            (Verb::Delete, Some(_)) | (_, None) => Stands::No,
            (Verb::Create(body), Some(live)) => agrees(catalog, write, body, &live),
            (Verb::Replace(body) | Verb::Change(body), Some(live)) => {
                if sends_hashed(catalog.kind(write.to.kind), body) {
                    return Stands::Unclear(Doubt::Hashed);
                }
                agrees(catalog, write, body, &live)
            }
        }
    }
}

/// Whether a body holds a field of which the server stores a hash only, so that reading back shows nothing.
fn sends_hashed(kind: &Kind, body: &EntityBody) -> bool {
    let hashed = kind
        .hashed_field
        .as_ref()
        .and_then(|hashed| body.expose().get(&hashed.field));
    hashed.is_some_and(|value| !value.is_null())
}

/// Compares what was sent with what stands, in canonical form. What was not sent may be anything: defaults and what
/// the server makes up.
fn agrees(catalog: &Catalog, write: &Write, sent: &EntityBody, live: &Object) -> Stands {
    let kind = catalog.kind(write.to.kind);
    let CanonicalBody(wanted) = canonicalize(catalog, write.to.kind, sent.expose());
    let CanonicalBody(found) = canonicalize(catalog, write.to.kind, live);
    let partial = matches!(write.verb, Verb::Change(_));
    let all = wanted.iter().all(|(name, value)| {
        let said = sent.expose().contains_key(name);
        let hashed = kind.hashed_field.as_ref().is_some_and(|hashed| hashed.field == name);
        let counts = !hashed && if partial { said } else { said || !value.is_null() };
        !counts || covers(value, found.get(name).unwrap_or(&Value::Null))
    });
    if all { Stands::Yes } else { Stands::No }
}

/// Whether a value holds all that was wanted; a record may hold more.
fn covers(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted
            .iter()
            .all(|(name, value)| value.is_null() || covers(value, found.get(name).unwrap_or(&Value::Null))),
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| covers(wanted, found))
        }
        _ => wanted == found,
    }
}
