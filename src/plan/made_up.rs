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
            let found = find_generated_fields(catalog.kind(kind), &record);
            (record, found)
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

fn find_generated_fields(kind: &Kind, record: &Record) -> Arc<[GeneratedField]> {
    let mut found = Vec::new();
    record.walk_fields(&mut |path, field| {
        if matches!(path, [name] if kind.is_server_managed(name)) {
            return false;
        }
        let is_record = matches!(field.field_type, FieldType::Record(_));
        if !is_record && field.is_server_generated() {
            found.push(GeneratedField {
                path: path.iter().map(|name| (*name).to_owned()).collect(),
                default: field.default.clone().unwrap_or_default(),
            });
        }
        is_record
    });
    found.into()
}
