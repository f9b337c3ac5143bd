use super::{Catalog, KindId, Object};

/// An entity's body in the one shape in which two that Kong would store alike are equal: shorthands translated,
/// defaults filled in, absent as null, sets sorted, PEM line ends made one, what only the server sets left out.
#[derive(Clone, PartialEq)]
pub struct Canonical(pub Object);

/// Brings a body, declared or live, to its canonical form. Never fails: what it cannot make sense of stays as it is.
pub fn canonical(catalog: &Catalog, kind: KindId, body: &Object) -> Canonical {
    let _ = (catalog, kind, body);
    todo!()
}
