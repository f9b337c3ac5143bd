use super::normalize::{BodyNormalizer, NormalForm};
use super::{Catalog, Kind, KindId, derived};
use json::{Object, Value};

/// An entity's body in the one shape in which two that Kong would store alike are equal: shorthands translated,
/// defaults filled in, absent as null (of what no schema knows, and in maps, null is left out), sets sorted and without repetitions, PEM line ends made one, whole numbers
/// written alike, of a foreign key nothing but its id. Left out is what is never compared: the id, what only the server
/// sets (`server_only`), what is carried over (`carried`), what counts down (`expires`), and what is not stored with the
/// entity (a certificate's list of names).
#[derive(Clone, PartialEq)]
pub struct CanonicalBody(pub Object);

/// Brings a body, declared or live, to its canonical form. Never fails: what cannot be normalized is kept as it is. Idempotent.
pub fn canonicalize(catalog: &Catalog, kind: KindId, body: &Object) -> CanonicalBody {
    let record = catalog.record(kind, body);
    let kind = catalog.kind(kind);
    let mut canonical = BodyNormalizer::new(NormalForm::Canonical).normalize_record(&record, body);
    derived::derive_fields(kind, &mut canonical);
    canonical.remove("id");
    for name in kind.server_only.iter().chain(&kind.preserved).chain(&kind.ttl_field) {
        canonical.remove(name);
    }
    canonical.retain(|name, _| record.get(name).is_none_or(|field| !field.is_transient()));
    CanonicalBody(canonical)
}

/// The field that counts down, with its live and its declared value, where one of the two entities vanishes and the other
/// does not: how many seconds are left is no difference, and 0 is for ever.
pub fn find_expiry_difference<'k>(kind: &'k Kind, declared: &Object, live: &Object) -> Option<(&'k str, Value, Value)> {
    let field = kind.ttl_field.as_deref()?;
    let seconds = |body: &Object| match body.get(field) {
        Some(Value::Number(seconds)) if seconds.as_f64() != Some(0.0) => Value::Number(seconds.clone()),
        _ => Value::Null,
    };
    let (declared, live) = (seconds(declared), seconds(live));
    (declared.is_null() != live.is_null()).then_some((field, live, declared))
}
