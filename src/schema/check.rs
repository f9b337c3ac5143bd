use zeroize::Zeroize;

use super::checks::{BodyChecker, choose_record};
use super::{Catalog, KindId, SchemaViolations, derived};
use json::{Object, Value};

/// Which rules apply to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckPurpose {
    /// A whole entity to be stored (POST, PUT).
    Store,
    /// The body of `/schemas/ENTITY/validate`.
    Validate,
    /// A whole entity with references resolved: nothing but the violations outlives the check.
    ResolvedReferences,
}

/// Says what Kong would refuse in a body, in Kong's words: field types and rules, checks across fields, and the
/// checks that Kong makes in code. The body is as a client sends it; nothing is filled in. `now` is in seconds since
/// 1970 (Kong refuses expired CA certificates).
///
/// # Errors
/// Everything that is wrong, at once.
pub fn check_body(
    catalog: &Catalog,
    kind: KindId,
    body: &Object,
    purpose: CheckPurpose,
    now: i64,
) -> Result<(), SchemaViolations> {
    let checker = BodyChecker {
        catalog,
        kind: catalog.kind(kind),
        purpose,
        now,
        is_full_entity: true,
    };
    let record = choose_record(catalog, kind, body, true).map_err(SchemaViolations)?;
    let mut filled = checker.fill_defaults(&record, body).map_err(SchemaViolations)?;
    derived::derive_fields(checker.kind, &mut filled);
    let ttl_error = checker.take_ttl(&mut filled);
    let mut errors = checker.check_record(&record, &filled);
    errors.extend(ttl_error);
    checker.run_kind_checks(&record, &filled, &mut errors);
    if purpose == CheckPurpose::ResolvedReferences {
        filled.values_mut().for_each(zeroize_value);
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(SchemaViolations(errors))
    }
}

/// Overwrites every text of a value that holds secrets.
pub fn zeroize_value(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(members) => members.iter_mut().for_each(zeroize_value),
        Value::Object(members) => members.values_mut().for_each(zeroize_value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
