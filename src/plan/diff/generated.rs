use std::collections::HashMap;
use std::sync::Arc;

use json::{Object, Value};
use schema::{Catalog, FieldType, Kind, KindId, Record};

/// The fields that the server generates when nobody gives a value: `auto` ones, and secrets with a default (which each
/// node generates when it starts). Undeclared, they are not compared, and a write preserves the live value.
#[derive(Default)]
pub(crate) struct GeneratedFields {
    by_record: HashMap<*const Record, (Arc<Record>, Arc<[GeneratedField]>)>,
}

/// A generated field, by its path.
pub(crate) struct GeneratedField {
    pub path: Vec<String>,
    default: Value,
}

impl GeneratedFields {
    pub fn fields_for(&mut self, catalog: &Catalog, kind: KindId, body: &Object) -> Arc<[GeneratedField]> {
        let record = catalog.record(kind, body);
        let (_, fields) = self.by_record.entry(Arc::as_ptr(&record)).or_insert_with(|| {
            let mut found = Vec::new();
            collect_generated_fields(catalog.kind(kind), &record, &mut Vec::new(), &mut found);
            (record, found.into())
        });
        Arc::clone(fields)
    }
}

/// Puts the live values of undeclared generated fields into a canonical body, and says which it put there. Without a live
/// entity the fields become null.
pub(super) fn preserve_live_values<'m>(
    generated: &'m [GeneratedField],
    declared: &Object,
    desired: &mut Object,
    live: Option<&Object>,
) -> Vec<(&'m [String], Value)> {
    let mut preserved = Vec::new();
    for field in generated {
        let is_declared = value_at(declared, &field.path).is_some_and(|value| !value.is_null());
        let Some(slot) = value_at_mut(desired, &field.path)
            .filter(|slot| !is_declared && (slot.is_null() || **slot == field.default))
        else {
            continue;
        };
        let live_value = live
            .and_then(|live| value_at(live, &field.path))
            .cloned()
            .unwrap_or_default();
        slot.clone_from(&live_value);
        if !live_value.is_null() {
            preserved.push((field.path.as_slice(), live_value));
        }
    }
    preserved
}

fn collect_generated_fields(kind: &Kind, record: &Record, at: &mut Vec<String>, found: &mut Vec<GeneratedField>) {
    for (name, field) in &record.fields {
        if at.is_empty() && kind.is_server_managed(name) {
            continue;
        }
        at.push(name.clone());
        match &field.field_type {
            FieldType::Record(inner) => collect_generated_fields(kind, inner, at, found),
            _ if field.is_server_generated() => {
                found.push(GeneratedField {
                    path: at.clone(),
                    default: field.default.clone().unwrap_or_default(),
                });
            }
            _ => {}
        }
        at.pop();
    }
}

/// The value at a path of a body.
fn value_at<'v>(body: &'v Object, path: &[String]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(body.get(first)?, |value, name| value.get(name))
}

pub(crate) fn value_at_mut<'v>(body: &'v mut Object, path: &[String]) -> Option<&'v mut Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(body.get_mut(first)?, |value, name| value.get_mut(name))
}

/// Puts a value at a path, making the records on the way.
pub(super) fn insert_at(body: &mut Object, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        body.insert(first.clone(), value);
        return;
    }
    let inner = body.get_or_null(first);
    if !inner.is_object() {
        *inner = Value::Object(Object::new());
    }
    if let Value::Object(inner) = inner {
        insert_at(inner, rest, value);
    }
}
