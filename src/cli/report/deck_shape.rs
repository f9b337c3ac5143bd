//! decK's shape of a body: which fields it shows.

use json::{Object, Value};
use schema::{Field, FieldType, Record};

/// Puts the defaults of the schema where nothing is said. The record is the entity's own, its configuration resolved.
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

/// Drops what is null. The record is the kind's, its configuration not resolved: in there, and in other free-form parts,
/// decK keeps it. It is kept as well where a reader would put a default in its place.
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

/// Drops what is as the schema would fill it in.
pub(super) fn drop_defaults(record: &Record, body: &mut Object) {
    for (name, field) in &record.fields {
        let Some(value) = body.get_mut(name) else { continue };
        if let (Value::Object(inner), FieldType::Record(record)) = (&mut *value, &field.field_type) {
            drop_defaults(record, inner);
        }
        let filled_in = match value {
            Value::Null => field.default.is_none(),
            Value::Object(inner) if inner.is_empty() => {
                default_value(field).is_some() && matches!(field.field_type, FieldType::Record(_))
            }
            value => field.default.as_ref() == Some(value),
        };
        if filled_in {
            body.remove(name);
        }
    }
}

/// What the schema fills in for a field of which nothing is said.
fn default_value(field: &Field) -> Option<Value> {
    let (given, record) = match (&field.default, &field.field_type) {
        (Some(Value::Object(given)), FieldType::Record(record)) => (given.clone(), record),
        (Some(value), _) => return Some(value.clone()),
        (None, FieldType::Record(record)) if field.required => (Object::new(), record),
        _ => return None,
    };
    let mut inner = given;
    fill_defaults(record, &mut inner);
    Some(Value::Object(inner))
}
