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
    pub(crate) fn fields_for(&mut self, catalog: &Catalog, kind: KindId, body: &Object) -> Arc<[GeneratedField]> {
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
        let is_declared = declared.get_path(&field.path).is_some_and(|value| !value.is_null());
        let Some(slot) = desired
            .get_path_mut(&field.path)
            .filter(|slot| !is_declared && (slot.is_null() || **slot == field.default))
        else {
            continue;
        };
        let live_value = live
            .and_then(|live| live.get_path(&field.path))
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
