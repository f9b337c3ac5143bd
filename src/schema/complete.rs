use super::normalize::{BodyNormalizer, NormalForm};
use super::shorthand;
use super::{Catalog, FieldType, KindId, Record, SchemaViolations, derived};
use json::{Object, Value};

/// What Kong would store for a body: shorthands translated, defaults filled in, sets without repetitions, targets and
/// addresses in full, every field there (null where nothing is said). Values that the server makes up (`auto`) are left
/// to the caller: their fields are absent unless the body has them.
///
/// # Errors
/// A deprecated spelling beside its successor with another value.
pub fn complete_body(catalog: &Catalog, kind: KindId, body: &Object) -> Result<Object, SchemaViolations> {
    let record = catalog.record(kind, body);
    let mut fill = BodyNormalizer::new(NormalForm::Stored);
    let mut stored = fill.normalize_record(&record, body);
    derived::derive_fields(catalog.kind(kind), &mut stored);
    if fill.violations.is_empty() {
        Ok(stored)
    } else {
        Err(fill.violations)
    }
}

/// A body without shorthands, on all levels, and nothing else changed: what the checks of fields look at.
///
/// # Errors
/// A deprecated spelling beside its successor with another value.
pub fn expand_shorthands(catalog: &Catalog, kind: KindId, body: &Object) -> Result<Object, SchemaViolations> {
    let record = catalog.record(kind, body);
    let mut fill = BodyNormalizer::new(NormalForm::Expanded);
    let plain = fill.normalize_record(&record, body);
    if fill.violations.is_empty() {
        Ok(plain)
    } else {
        Err(fill.violations)
    }
}

/// A stored body (or one as it is shown) as a PATCH changes it: the members of records one by one, everything else (lists, sets, maps) as a
/// whole; shorthands of the patch count as the fields that they stand for. The result is to be completed and checked.
///
/// # Errors
/// As [`translated`].
pub fn apply_patch(
    catalog: &Catalog,
    kind: KindId,
    stored: &Object,
    patch: &Object,
) -> Result<Object, SchemaViolations> {
    let named = catalog.kind(kind).subschemas.as_ref();
    let mut named_patch = patch.clone();
    if let Some(sub) = named
        && !patch.contains_key(&sub.by)
        && let Some(name) = stored.get(&sub.by)
    {
        named_patch.insert(sub.by.clone(), name.clone());
    }
    let record = catalog.record(kind, &named_patch);
    let plain = expand_shorthands(catalog, kind, &named_patch)?;
    let mut stored = expand_shorthands(catalog, kind, stored)?;
    derived::forget_derived_fields(catalog.kind(kind), &plain, &mut stored);
    Ok(merge_patch(&record, stored, plain))
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
    let mut shown = stored.clone();
    record.walk_mut(&mut shown, &mut |field, value| {
        if let (FieldType::Record(record), Value::Object(body)) = (&field.field_type, value) {
            record_to_response(record, body);
        }
    });
    record_to_response(&record, &mut shown);
    shown
}

fn record_to_response(record: &Record, shown: &mut Object) {
    for (name, field) in &record.fields {
        if !field.is_transient() {
            shown.get_or_null(name);
        }
    }
    shorthand::add_mirrored_shorthands(record, shown);
}
