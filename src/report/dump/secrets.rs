use serde_json::Value;

use crate::reference::is_reference;
use crate::schema::{Catalog, Field, FieldPath, FieldType, KindId, Object, Record, Segment};

/// The word in place of a secret.
const HIDDEN: &str = "<hidden>";

/// Puts a word in the place of every secret; references stay, for they are none.
pub fn hide(catalog: &Catalog, kind: KindId, body: &mut Object) {
    hide_in(&catalog.record(kind, body), body);
    for path in &catalog.kind(kind).secret {
        hide_at(path, body);
    }
}

fn hide_in(record: &Record, body: &mut Object) {
    for (name, value) in body {
        if let Some(field) = record.get(name).or_else(|| record.shorthand(name)) {
            hide_value(field, value);
        }
    }
}

fn hide_value(field: &Field, value: &mut Value) {
    if field.secret {
        return cover(value);
    }
    match (&field.kind, value) {
        // of a configuration without a schema nobody knows what is secret in it
        (FieldType::Abstract, value) => cover(value),
        (FieldType::Record(record), Value::Object(inner)) => hide_in(record, inner),
        (FieldType::Array(member) | FieldType::Set(member), Value::Array(members)) => {
            members.iter_mut().for_each(|value| hide_value(member, value));
        }
        (FieldType::Map { values, .. }, Value::Object(inner)) => {
            inner.values_mut().for_each(|value| hide_value(values, value));
        }
        _ => {}
    }
}

fn hide_at(path: &FieldPath, body: &mut Object) {
    let mut segments = path.0.iter();
    let Some(Segment::Name(top)) = segments.next() else {
        return;
    };
    let found = segments.try_fold(body.get_mut(top), |value, segment| match (value?, segment) {
        (Value::Object(inner), Segment::Name(name)) => Some(inner.get_mut(name)),
        (Value::Array(members), Segment::Index(index)) => Some(members.get_mut(*index)),
        _ => None,
    });
    if let Some(Some(value)) = found {
        cover(value);
    }
}

fn cover(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::String(text) if is_reference(text.as_str()) => {}
        Value::Array(members) => members.iter_mut().for_each(cover),
        Value::Object(members) => members.values_mut().for_each(cover),
        other => *other = HIDDEN.into(),
    }
}
