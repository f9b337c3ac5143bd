use serde_json::Value;
use sha1::{Digest, Sha1};

use super::known::link_in;
use crate::schema::{Hashed, HashedHow, Object};

/// How a declared value compares with the hash that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HashedValue {
    /// The field is not hashed in this entity.
    Plain,
    /// It hashes to what is stored, or nobody can tell that it does not.
    Same,
    /// The document says nothing, or repeats the stored hash: the plain value is not known.
    Unknown,
    /// It is another value.
    Other,
}

/// Compares a hashed field of a desired entity (canonical, links filled in) with the live one.
pub(super) fn compare(hashed: &Hashed, desired: &Object, live: &Object) -> HashedValue {
    if !applies(hashed, desired) {
        return HashedValue::Plain;
    }
    let stored = text(live, &hashed.field);
    match text(desired, &hashed.field) {
        None => HashedValue::Unknown,
        said if said == stored => HashedValue::Unknown,
        Some(said) => match hashed.how {
            HashedHow::Sha1With if stored == Some(salted_sha1(hashed, said, desired).as_str()) => HashedValue::Same,
            HashedHow::Salted if stored.is_some_and(|stored| stored.starts_with('$')) => HashedValue::Same,
            HashedHow::Sha1With | HashedHow::Salted => HashedValue::Other,
        },
    }
}

/// Whether the entity's field is hashed at all.
pub(super) fn applies(hashed: &Hashed, body: &Object) -> bool {
    let when = hashed.when.as_ref();
    when.is_none_or(|when| body.get(when).and_then(Value::as_bool).unwrap_or(false))
}

/// Whether a declared value looks like a stored hash: written, it would be hashed once more.
pub(super) fn looks_hashed(hashed: &Hashed, body: &Object) -> bool {
    text(body, &hashed.field).is_some_and(|said| match hashed.how {
        HashedHow::Sha1With => said.len() == 40 && said.bytes().all(|byte| byte.is_ascii_hexdigit()),
        HashedHow::Salted => ["$argon2", "$pbkdf2", "$2b$", "$scrypt"]
            .iter()
            .any(|mark| said.starts_with(mark)),
    })
}

fn salted_sha1(hashed: &Hashed, said: &str, body: &Object) -> String {
    let salt = hashed.with.as_ref().and_then(|with| link_in(body, with));
    let salt = salt.map(|id| id.to_string()).unwrap_or_default();
    let digest = Sha1::new().chain_update(said).chain_update(salt).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text<'b>(body: &'b Object, field: &str) -> Option<&'b str> {
    body.get(field).and_then(Value::as_str)
}
