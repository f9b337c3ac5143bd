use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::owned::tags;
use crate::control_plane::ForeignEntity;
use crate::reference::is_reference;
use crate::schema::{FieldPath, Kind, Object};
use crate::state::Body;

/// Which fields of a kind are kept of an entity outside the scopes.
pub struct Index {
    fields: BTreeSet<String>,
}

impl Index {
    /// The unique fields, natural keys and foreign keys of a kind, and what says how its config is to be read.
    pub fn of(kind: &Kind) -> Self {
        let keys = kind.identity.iter().chain(&kind.unique).flatten();
        let foreign = kind.foreign.iter().map(|foreign| &foreign.field);
        let names_schema = kind.subschemas.iter().map(|subschemas| &subschemas.by);
        let fields = keys.chain(foreign).chain(&kind.endpoint_key).chain(names_schema);
        Self {
            fields: fields.cloned().collect(),
        }
    }

    /// Reduces an entity to its index.
    pub fn entity(&self, id: Uuid, body: Object) -> ForeignEntity {
        let mut references = Vec::new();
        for (name, value) in &body {
            collect(value, &FieldPath::field(name), &mut references);
        }
        let tags = tags(&body);
        let kept = body.into_iter().filter(|(name, _)| self.fields.contains(name));
        ForeignEntity {
            id,
            tags,
            index: Body::new(kept.collect()),
            references,
        }
    }
}

fn collect(value: &Value, at: &FieldPath, found: &mut Vec<(FieldPath, String)>) {
    match value {
        Value::String(text) if is_reference(text) => found.push((at.clone(), text.clone())),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                collect(member, &at.index(index), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, &at.name(name), found);
            }
        }
        _ => {}
    }
}
