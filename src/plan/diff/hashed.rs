use sha1::{Digest, Sha1};

use crate::live_index::foreign_key_id;
use json::{Object, Value};
use schema::{FieldPath, HashMethod, HashedField, Kind};
use state::DeclaredEntity;
use yaml::{Diagnostic, DiagnosticCode};

/// How a declared value compares with the hash that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashComparison {
    /// The field is not hashed in this entity.
    NotHashed,
    /// It hashes to what is stored, or may.
    Same,
    /// The document says nothing, or repeats the stored hash: the plain value is not known.
    PlainUnknown,
    /// It is another value.
    Different,
}

/// Compares a hashed field of a desired entity (canonical, with foreign keys) with the live one.
pub(crate) fn compare_hashed(hashed: &HashedField, desired: &Object, live: &Object) -> HashComparison {
    if !is_hashed(hashed, desired) {
        return HashComparison::NotHashed;
    }
    let stored = string_field(live, &hashed.field);
    match string_field(desired, &hashed.field) {
        None => HashComparison::PlainUnknown,
        declared_value if declared_value == stored => HashComparison::PlainUnknown,
        Some(declared_value) => match hashed.how {
            HashMethod::Sha1With if stored == Some(salted_sha1(hashed, declared_value, desired).as_str()) => {
                HashComparison::Same
            }
            HashMethod::Salted if stored.is_some_and(|stored| stored.starts_with('$')) => HashComparison::Same,
            HashMethod::Sha1With | HashMethod::Salted => HashComparison::Different,
        },
    }
}

/// Notes a declared value that cannot be compared with the salted hash that is stored: one note a kind, with all
/// its locations.
pub(crate) fn note_unverifiable_hash(
    kind: &Kind,
    declared: &DeclaredEntity,
    live: &Object,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(hashed) = kind
        .hashed_field
        .as_ref()
        .filter(|hashed| hashed.how == HashMethod::Salted)
    else {
        return;
    };
    let body = declared.body.expose();
    if string_field(body, &hashed.field).is_none() || compare_hashed(hashed, body, live) != HashComparison::Same {
        return;
    }
    let message = format!(
        "the {} of this {} is stored as a salted hash: whether it is the declared one cannot be told, and it stays",
        hashed.field, kind.name
    );
    let span = declared.location.value_span(&FieldPath::from_field(&hashed.field));
    match diagnostics.iter_mut().find(|diagnostic| diagnostic.message == message) {
        Some(diagnostic) => diagnostic.locations.extend(
            Diagnostic::note(DiagnosticCode::HashUnseen, "")
                .at_secret(span)
                .locations,
        ),
        None => diagnostics.push(
            Diagnostic::note(DiagnosticCode::HashUnseen, message)
                .at_secret(span)
                .help(format!("to replace it, give the {} another `id`", kind.name)),
        ),
    }
}

/// Whether the entity's field is hashed at all.
fn is_hashed(hashed: &HashedField, body: &Object) -> bool {
    let when = hashed.when.as_ref();
    when.is_none_or(|when| body.get(when).and_then(Value::as_bool).unwrap_or(false))
}

/// Warns of a declared value that looks like a stored hash: written, it would be hashed once more.
pub(crate) fn hashed_twice_warning(kind: &Kind, declared: &DeclaredEntity) -> Option<Diagnostic> {
    let hashed = kind.hashed_field.as_ref()?;
    let body = declared.body.expose();
    if !is_hashed(hashed, body) || !looks_hashed(hashed, body) {
        return None;
    }
    let message = format!(
        "the {} of this {} looks like a stored hash, and would be hashed once more",
        hashed.field, kind.name
    );
    let span = declared.location.value_span(&FieldPath::from_field(&hashed.field));
    let warning = Diagnostic::warning(DiagnosticCode::HashedTwice, message).at_secret(span);
    Some(warning.help("declare the plain value"))
}

fn looks_hashed(hashed: &HashedField, body: &Object) -> bool {
    string_field(body, &hashed.field).is_some_and(|declared_value| match hashed.how {
        HashMethod::Sha1With => {
            declared_value.len() == 40 && declared_value.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        HashMethod::Salted => ["$argon2", "$pbkdf2", "$2b$", "$scrypt"]
            .iter()
            .any(|mark| declared_value.starts_with(mark)),
    })
}

fn salted_sha1(hashed: &HashedField, declared_value: &str, body: &Object) -> String {
    let salt = hashed.with.as_ref().and_then(|with| foreign_key_id(body, with));
    let salt = salt.map(|id| id.to_string()).unwrap_or_default();
    let digest = Sha1::new().chain_update(declared_value).chain_update(salt).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn string_field<'b>(body: &'b Object, field: &str) -> Option<&'b str> {
    body.get(field).and_then(Value::as_str)
}
