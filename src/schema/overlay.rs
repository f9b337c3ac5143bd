use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::files::SchemaError;
use super::kind_file::KindFile;
use super::{Edition, LiveSchemas};

/// The schemas of kinds as a node has them: its own answers where it gave them, the recorded ones elsewhere, each
/// corrected by the kind's file.
pub(super) fn schemas(files: &[KindFile], live: &LiveSchemas, edition: Edition) -> Result<Vec<Value>, SchemaError> {
    files
        .iter()
        .map(|file| {
            let known = live.entities.get(&file.collection);
            let enterprise = edition == Edition::Enterprise && known.is_none();
            let recorded = if known.is_none() { file.recorded()? } else { None };
            let mut schema = file.corrected(known.or(recorded.as_ref()), enterprise);
            loaded(&mut schema, live, known.is_some());
            Ok(schema)
        })
        .collect()
}

/// Puts what a node has loaded where a kind's file says that it decides which values may stand: `one_of_loaded` and
/// `not_one_of_loaded`. A node's own schema tells already. Where nothing is known, every value may stand that must
/// be loaded, and the recorded ones may not that must not be.
fn loaded(schema: &mut Value, live: &LiveSchemas, told: bool) {
    let Some(rules) = schema.as_object_mut() else { return };
    let one_of = rules.remove("one_of_loaded");
    let not_one_of = rules.remove("not_one_of_loaded");
    if !told {
        if let Some(sort) = one_of {
            match list(live, &sort) {
                Some(names) => rules.insert("one_of".into(), json!(names)),
                None => rules.remove("one_of"),
            };
        }
        if let Some(names) = not_one_of.and_then(|sort| list(live, &sort)) {
            rules.insert("not_one_of".into(), json!(names));
        }
    }
    for (name, inner) in rules.iter_mut() {
        match (name.as_str(), inner) {
            ("fields", Value::Array(fields)) => {
                for field in fields
                    .iter_mut()
                    .filter_map(Value::as_object_mut)
                    .flat_map(|field| field.values_mut())
                {
                    loaded(field, live, told);
                }
            }
            ("elements" | "keys" | "values", inner) => loaded(inner, live, told),
            _ => {}
        }
    }
}

fn list<'a>(live: &'a LiveSchemas, sort: &Value) -> Option<&'a BTreeSet<String>> {
    match sort.as_str()? {
        "vaults" => live.loaded_vaults.as_ref(),
        "filters" => live.loaded_filters.as_ref(),
        _ => live.loaded_plugins.as_ref(),
    }
}
