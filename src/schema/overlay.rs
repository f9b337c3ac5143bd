use std::collections::BTreeSet;

use super::kind_file::KindFile;
use super::{Edition, LiveSchemas, SchemaError, keywords};
use json::{Value, json};

/// The schemas of kinds as a node has them: its own answers where it gave them, the recorded ones elsewhere, each
/// corrected by the kind's file.
pub(super) fn overlay_schemas(
    files: &[KindFile],
    live: &LiveSchemas,
    edition: Edition,
) -> Result<Vec<Value>, SchemaError> {
    files
        .iter()
        .map(|file| {
            let known = live.entities.get(&file.collection);
            let enterprise = edition == Edition::Enterprise && known.is_none();
            let recorded = if known.is_none() { file.recorded_schema()? } else { None };
            let mut schema = file.corrected_schema(known.or(recorded.as_ref()), enterprise);
            apply_loaded_names(&mut schema, live, known.is_some());
            Ok(schema)
        })
        .collect()
}

/// Puts what a node has loaded where a kind's file says that it decides which values may stand: `one_of_loaded` and
/// `not_one_of_loaded`. A node's own schema tells already. Where nothing is known, every value may stand that must
/// be loaded, and the recorded ones may not that must not be.
fn apply_loaded_names(schema: &mut Value, live: &LiveSchemas, is_live: bool) {
    let Some(rules) = schema.as_object_mut() else { return };
    let one_of = rules.remove("one_of_loaded");
    let not_one_of = rules.remove("not_one_of_loaded");
    if !is_live {
        if let Some(family) = one_of {
            match loaded_names(live, &family) {
                Some(names) => rules.insert("one_of", json!(names)),
                None => rules.remove("one_of"),
            };
        }
        if let Some(names) = not_one_of.and_then(|family| loaded_names(live, &family)) {
            rules.insert("not_one_of", json!(names));
        }
    }
    for (name, inner) in rules.iter_mut() {
        match (name, inner) {
            ("fields", Value::Array(fields)) => {
                for field in fields
                    .iter_mut()
                    .filter_map(Value::as_object_mut)
                    .flat_map(|field| field.values_mut())
                {
                    apply_loaded_names(field, live, is_live);
                }
            }
            ("elements" | "keys" | "values", inner) => apply_loaded_names(inner, live, is_live),
            _ => {}
        }
    }
}

fn loaded_names<'a>(live: &'a LiveSchemas, family: &Value) -> Option<&'a BTreeSet<String>> {
    match family.as_str()? {
        "vaults" => live.loaded_vaults.as_ref(),
        keywords::FILTERS => live.loaded_filters.as_ref(),
        _ => live.loaded_plugins.as_ref(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Catalog, FieldPath, Kind, recorded_schema};

    fn kind<'c>(catalog: &'c Catalog, collection: &str) -> &'c Kind {
        catalog.kind(catalog.find_kind(collection).unwrap())
    }

    fn live(collection: &str, more: Value) -> LiveSchemas {
        let mut schema = recorded_schema("entities", collection).unwrap();
        let fields = schema.get_mut("fields").and_then(Value::as_array_mut);
        fields.unwrap().push(more);
        LiveSchemas {
            entities: [(collection.to_owned(), schema)].into(),
            ..LiveSchemas::default()
        }
    }

    #[test]
    fn a_field_of_a_newer_node_is_known_and_the_files_still_count() {
        let catalog = Catalog::recorded();
        let newer = live("certificates", json!({"seal": {"type": "string", "encrypted": true}}));
        let overlaid = catalog.with_live_schemas(&newer);
        let certificates = kind(&overlaid, "certificates");
        assert!(certificates.record.get("seal").unwrap().secret);
        assert!(certificates.rotation.is_some());
        assert_eq!(overlaid.find_kind("certificates"), catalog.find_kind("certificates"));
        let keys = kind(&overlaid, "keyauth_credentials");
        assert!(keys.record.get("key").unwrap().secret);
    }

    #[test]
    fn a_node_that_lacks_what_the_files_mention_is_taken_as_it_is() {
        let older = json!({"fields": [{"id": {"type": "string"}}, {"odd": {"type": "string"}}]});
        let node = Catalog::recorded().with_live_schemas(&LiveSchemas {
            entities: [("keyauth_credentials", &older), ("targets", &older)]
                .map(|(name, schema)| (name.to_owned(), schema.clone()))
                .into(),
            ..LiveSchemas::default()
        });
        for collection in ["keyauth_credentials", "targets"] {
            let names: Vec<&str> = kind(&node, collection)
                .record
                .fields
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(names, ["id", "odd"]);
        }
    }

    #[test]
    fn what_only_enterprise_has_counts_where_the_node_is_one() {
        let catalog = Catalog::recorded();
        assert!(kind(&catalog, "plugins").unique_sets[1].contains(&"consumer_group".to_owned()));
        let open = catalog.with_live_schemas(&LiveSchemas::default());
        assert_eq!(
            kind(&open, "plugins").unique_sets[1],
            ["name", "service", "route", "consumer"]
        );
        assert!(
            open.vault_schema("env")
                .unwrap()
                .nested_field(&["config", "base64_decode"])
                .is_none()
        );
        let enterprise = catalog.with_live_schemas(&LiveSchemas {
            version: Some("3.12.0.1".to_owned()),
            ..LiveSchemas::default()
        });
        assert!(kind(&enterprise, "plugins").record.get("consumer_group").is_some());
        assert!(
            enterprise
                .vault_schema("env")
                .unwrap()
                .nested_field(&["config", "base64_decode"])
                .is_some()
        );
    }

    #[test]
    fn what_a_node_has_loaded_says_which_values_may_stand() {
        let node = Catalog::recorded().with_live_schemas(&LiveSchemas {
            loaded_vaults: Some(["env", "hcv"].map(str::to_owned).into()),
            loaded_filters: Some(["f"].map(str::to_owned).into()),
            ..LiveSchemas::default()
        });
        let prefix = kind(&node, "vaults").record.get("prefix").unwrap();
        assert_eq!(prefix.rules["not_one_of"], json!(["env", "hcv"]));
        let filter = FieldPath::from_field("filters").with_index(0).with_name("name");
        let filter = kind(&node, "filter_chains").record.field_at(&filter).unwrap();
        assert_eq!(filter.rules["one_of"], json!(["f"]));
    }

    #[test]
    fn a_live_plugin_takes_the_place_of_the_recorded_one() {
        let schema = json!({"fields": [{"config": {"type": "record", "required": true, "fields": [{"x": {"type": "string"}}]}}]});
        let live = LiveSchemas {
            plugins: [
                ("cors".to_owned(), schema),
                ("bad".to_owned(), json!({"fields": [{"a": 1}]})),
            ]
            .into(),
            ..LiveSchemas::default()
        };
        let node = Catalog::recorded().with_live_schemas(&live);
        let cors = node.plugin_schema("cors").unwrap();
        assert!(cors.nested_field(&["config", "x"]).is_some() && cors.nested_field(&["config", "origins"]).is_none());
        assert!(node.plugin_schema("bad").is_none());
        let body = json!({"name": "cors"}).as_object().cloned().unwrap();
        let plugins = node.find_kind("plugins").unwrap();
        assert!(Arc::ptr_eq(&node.record(plugins, &body), &node.record(plugins, &body)));
    }
}
