use std::collections::HashMap;
use std::sync::Arc;

use json::{Object, Value};
use schema::{Catalog, FieldType, Kind, KindId, Record};

/// The fields that the server makes up when nobody gives a value: `auto` ones, and secrets with a default (which each
/// node makes up when it starts). Undeclared, they are not compared, and a write carries the live value.
#[derive(Default)]
pub(super) struct GeneratedFields {
    by_record: HashMap<*const Record, (Arc<Record>, Arc<[GeneratedField]>)>,
}

/// One such field, by the names that lead to it.
pub(super) struct GeneratedField {
    pub path: Vec<String>,
    default: Value,
}

impl GeneratedFields {
    pub fn fields_for(&mut self, catalog: &Catalog, kind: KindId, body: &Object) -> Arc<[GeneratedField]> {
        let record = catalog.record(kind, body);
        let (_, made) = self.by_record.entry(Arc::as_ptr(&record)).or_insert_with(|| {
            let mut found = Vec::new();
            collect_generated_fields(catalog.kind(kind), &record, &mut Vec::new(), &mut found);
            (record, found.into())
        });
        Arc::clone(made)
    }
}

/// Puts the live values of undeclared made-up fields into a canonical body, and says which it put there.
/// Without a live entity the fields are left empty.
pub(super) fn preserve_live_values<'m>(
    made_up: &'m [GeneratedField],
    declared: &Object,
    desired: &mut Object,
    live: Option<&Object>,
) -> Vec<(&'m [String], Value)> {
    let mut carried = Vec::new();
    for made in made_up {
        let said = declared.get_path(&made.path).is_some_and(|value| !value.is_null());
        let Some(slot) = desired
            .get_path_mut(&made.path)
            .filter(|slot| !said && (slot.is_null() || **slot == made.default))
        else {
            continue;
        };
        let standing = live
            .and_then(|live| live.get_path(&made.path))
            .cloned()
            .unwrap_or_default();
        slot.clone_from(&standing);
        if !standing.is_null() {
            carried.push((made.path.as_slice(), standing));
        }
    }
    carried
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
