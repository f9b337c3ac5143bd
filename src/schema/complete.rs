use super::normalize::{BodyNormalizer, NormalForm};
use super::shorthand;
use super::{Catalog, FieldType, KindId, Record, SchemaViolations, derived};
use json::{Object, Value};

/// What Kong would store for a body: shorthands translated, defaults filled in, sets without repetitions, targets and
/// addresses in full, every field present (null where it has no value). Server-generated values (`auto`) are left to
/// the caller: their fields are absent unless the body has them.
///
/// # Errors
/// A deprecated spelling beside its successor with another value.
pub fn complete_body(catalog: &Catalog, kind: KindId, body: &Object) -> Result<Object, SchemaViolations> {
    let record = catalog.record(kind, body);
    let mut normalizer = BodyNormalizer::new(NormalForm::Stored);
    let mut stored = normalizer.normalize_record(&record, body);
    derived::derive_fields(catalog.kind(kind), &mut stored);
    if normalizer.violations.is_empty() {
        Ok(stored)
    } else {
        Err(normalizer.violations)
    }
}

/// A body without shorthands, on all levels, and nothing else changed: what the checks of fields look at.
///
/// # Errors
/// A deprecated spelling beside its successor with another value.
fn expand_shorthands(catalog: &Catalog, kind: KindId, body: &Object) -> Result<Object, SchemaViolations> {
    let record = catalog.record(kind, body);
    let mut normalizer = BodyNormalizer::new(NormalForm::Expanded);
    let expanded = normalizer.normalize_record(&record, body);
    if normalizer.violations.is_empty() {
        Ok(expanded)
    } else {
        Err(normalizer.violations)
    }
}

/// A stored body (or one as it is shown) as a PATCH changes it: the members of records one by one, everything else (lists, sets, maps) as a
/// whole; shorthands of the patch count as the fields that they stand for. The result is to be completed and checked.
///
/// # Errors
/// As `expand_shorthands`.
pub fn apply_patch(
    catalog: &Catalog,
    kind: KindId,
    stored: &Object,
    patch: &Object,
) -> Result<Object, SchemaViolations> {
    let selector = catalog.kind(kind).subschemas.as_ref();
    let mut named_patch = patch.clone();
    if let Some(selector) = selector
        && !patch.contains_key(&selector.by)
        && let Some(name) = stored.get(&selector.by)
    {
        named_patch.insert(selector.by.clone(), name.clone());
    }
    let record = catalog.record(kind, &named_patch);
    let expanded = expand_shorthands(catalog, kind, &named_patch)?;
    let mut stored = expand_shorthands(catalog, kind, stored)?;
    derived::forget_derived_fields(catalog.kind(kind), &expanded, &mut stored);
    Ok(merge_patch(&record, stored, expanded))
}

fn merge_patch(record: &Record, mut merged: Object, patch: Object) -> Object {
    for (name, value) in patch {
        let inner = record.get(&name).map(|field| &field.field_type);
        let value = match (inner, merged.remove(&name), value) {
            (Some(FieldType::Record(record)), Some(Value::Object(known)), Value::Object(patch)) => {
                Value::Object(merge_patch(record, known, patch))
            }
            (_, _, value) => value,
        };
        merged.insert(name, value);
    }
    merged
}

/// What an answer shows of a stored body: every field, those without value as null, and the deprecated spellings that
/// Kong shows beside the new ones. What is not stored with the entity (a certificate's
/// `snis`, the time it has left) is the caller's.
pub fn to_response_body(catalog: &Catalog, kind: KindId, stored: &Object) -> Object {
    let record = catalog.record(kind, stored);
    let mut response = stored.clone();
    record.walk_mut(&mut response, &mut |field, value| {
        if let (FieldType::Record(record), Value::Object(body)) = (&field.field_type, value) {
            record_to_response(record, body);
        }
    });
    record_to_response(&record, &mut response);
    response
}

fn record_to_response(record: &Record, response: &mut Object) {
    for (name, field) in &record.fields {
        if !field.is_transient() {
            response.get_or_null(name);
        }
    }
    shorthand::add_mirrored_shorthands(record, response);
}
