use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use json::{Object, Value};
use plan::ForeignEntity;
use reference::{contains_reference, is_reference};
use schema::{Catalog, FieldPath, FieldType, KindId};
use state::EntityBody;

/// Reduces entities of a kind that are outside the scopes to what a plan needs of them.
pub(crate) struct ForeignIndexer {
    catalog: Arc<Catalog>,
    kind: KindId,
    fields: BTreeSet<String>,
}

/// The family whose entities say how references resolve: of their config, all but secrets is kept.
const VAULT_FAMILY: &str = "vaults";

impl ForeignIndexer {
    /// Keeps tags, unique fields, natural keys and foreign keys, and the field that names the schema of the config.
    pub(crate) fn for_kind(catalog: &Arc<Catalog>, id: KindId) -> Self {
        let kind = catalog.kind(id);
        let keys = kind.identity.iter().chain(&kind.unique_sets).flatten();
        let foreign = kind.foreign_fields.iter().map(|foreign| &foreign.field);
        let names_schema = kind.subschemas.iter().map(|subschemas| &subschemas.by);
        let fields = keys.chain(foreign).chain(&kind.endpoint_key).chain(names_schema);
        let mut fields: BTreeSet<String> = fields.cloned().collect();
        fields.insert("tags".to_owned());
        if kind
            .subschemas
            .iter()
            .any(|subschemas| subschemas.family == VAULT_FAMILY)
        {
            let configs = kind
                .record
                .fields
                .iter()
                .filter(|(_, field)| field.field_type == FieldType::Abstract);
            fields.extend(configs.map(|(name, _)| name.clone()));
        }
        Self {
            catalog: Arc::clone(catalog),
            kind: id,
            fields,
        }
    }

    /// Reduces an entity to its index.
    pub(crate) fn index_entity(&self, id: Uuid, body: Object) -> ForeignEntity {
        let mut references = Vec::new();
        for (name, value) in body.iter().filter(|(_, value)| contains_reference(value)) {
            collect_references(value, &FieldPath::from_field(name), &mut references);
        }
        let kept = body.into_iter().filter(|(name, _)| self.fields.contains(name.as_str()));
        let mut index: Object = kept.collect();
        // fields that are secret themselves are kept to be compared
        let secrets = self.catalog.secret_paths(self.kind, &index).into_iter();
        for nested in secrets.filter(|path| path.0.len() > 1) {
            nested.remove_from(&mut index);
        }
        ForeignEntity {
            id,
            index: EntityBody::new(index),
            references,
        }
    }
}

fn collect_references(value: &Value, path: &FieldPath, found: &mut Vec<(FieldPath, String)>) {
    match value {
        Value::String(text) if is_reference(text) => found.push((path.clone(), text.clone())),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                collect_references(member, &path.with_index(index), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                collect_references(member, &path.with_name(name), found);
            }
        }
        _ => {}
    }
}
