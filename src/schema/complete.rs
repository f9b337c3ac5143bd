use super::{Catalog, KindId, Object, Violations};

/// What Kong would store for a body: shorthands translated, defaults filled in, sets without repetitions, targets and
/// addresses in full. Values that the server makes up (`auto`) are left to the caller.
///
/// # Errors
/// Shorthands that contradict or cannot be translated.
pub fn complete(catalog: &Catalog, kind: KindId, body: &Object) -> Result<Object, Violations> {
    let _ = (catalog, kind, body);
    todo!()
}

/// What an answer shows of a stored body: every field, those without value as null, and the deprecated spellings that
/// Kong shows beside the new ones.
pub fn shown(catalog: &Catalog, kind: KindId, stored: &Object) -> Object {
    let _ = (catalog, kind, stored);
    todo!()
}
