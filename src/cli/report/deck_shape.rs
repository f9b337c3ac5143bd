//! decK's shape of a body: the fields that it shows.

use json::{Object, Value};
use schema::{Field, FieldType, Record};

/// Fills in the schema's defaults. The record is the entity's own, its configuration resolved.
pub(super) fn fill_defaults(record: &Record, body: &mut Object) {
    for (name, field) in &record.fields {
        match (body.get_mut(name), &field.field_type) {
            (Some(Value::Object(inner)), FieldType::Record(record)) => fill_defaults(record, inner),
            (None, _) => {
                if let Some(value) = default_value(field) {
                    body.insert(name.clone(), value);
                }
            }
            _ => {}
        }
    }
}

/// Drops nulls. The record is the kind's, its configuration not resolved: decK keeps nulls there and in other free-form
/// parts. Those in whose place a reader would put a default are kept as well.
pub(super) fn drop_nulls(record: &Record, body: &mut Object) {
    let has_default = |name: &str| {
        let default = record.get(name).and_then(|field| field.default.as_ref());
        default.is_some_and(|default| !default.is_null())
    };
    body.retain(|name, value| !value.is_null() || has_default(name));
    for (name, value) in body {
        if let (Value::Object(inner), Some(FieldType::Record(record))) =
            (value, record.get(name).map(|field| &field.field_type))
        {
            drop_nulls(record, inner);
        }
    }
}

/// Drops the values that the schema would fill in.
pub(super) fn drop_defaults(record: &Record, body: &mut Object) {
    for (name, field) in &record.fields {
        let Some(value) = body.get_mut(name) else { continue };
        if let (Value::Object(inner), FieldType::Record(record)) = (&mut *value, &field.field_type) {
            drop_defaults(record, inner);
        }
        let is_default = match value {
            Value::Null => field.default.is_none(),
            Value::Object(inner) if inner.is_empty() => {
                default_value(field).is_some() && matches!(field.field_type, FieldType::Record(_))
            }
            value => field.default.as_ref() == Some(value),
        };
        if is_default {
            body.remove(name);
        }
    }
}

/// The value that the schema fills in for an unset field.
fn default_value(field: &Field) -> Option<Value> {
    let (mut filled, record) = match (&field.default, &field.field_type) {
        (Some(Value::Object(default)), FieldType::Record(record)) => (default.clone(), record),
        (Some(value), _) => return Some(value.clone()),
        (None, FieldType::Record(record)) if field.required => (Object::new(), record),
        _ => return None,
    };
    fill_defaults(record, &mut filled);
    Some(Value::Object(filled))
}
