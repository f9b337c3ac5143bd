//! What a control plane holds, as a state file: pure, and driven by the kind files alone.

mod entity;
mod nesting;
mod redact;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use json::{Object, Value, json};
use plan::{LiveEntity, LiveState};
use schema::{Catalog, KindId};

/// How a dump is to look.
#[derive(Clone, Debug, Default)]
pub struct DumpOptions {
    /// Every entity with its id.
    pub with_id: bool,
    /// Without what Kong fills in by itself.
    pub skip_defaults: bool,
    /// Secrets as a word that says so: such a dump cannot be synced.
    pub hide_secrets: bool,
    /// The tags that were asked for.
    pub select_tags: BTreeSet<String>,
}

/// Writes what is live as decK's format has it: nested where an entity has one parent, with the ids it needs to be
/// found again and no others. Read back, it is no change.
pub fn dump(catalog: &Catalog, live: &LiveState, options: &DumpOptions) -> Object {
    let dump = DumpBuilder::new(catalog, live, options);
    let mut document = Object::new();
    document.insert("_format_version", "3.0".into());
    if !options.select_tags.is_empty() {
        let info = json!({ "defaults": {}, "select_tags": options.select_tags });
        document.insert("_info", info);
    }
    for (kind, members) in dump.top_level_lists() {
        document.insert(catalog.kind(kind).collection.clone(), Value::Array(members));
    }
    document
}

/// What is nested in one entity, by the key under which it is.
type NestedEntities<'a> = BTreeMap<&'a str, Vec<(KindId, Uuid)>>;

/// A dump in the making.
struct DumpBuilder<'a> {
    catalog: &'a Catalog,
    options: &'a DumpOptions,
    owned: BTreeMap<(KindId, Uuid), &'a LiveEntity>,
    /// What entities are called, owned and foreign, where that tells them apart.
    names: super::EntityNames,
    /// Natural keys that several entities have.
    ambiguous: BTreeSet<(KindId, Uuid)>,
    /// What is nested in an entity: under which key of its kind.
    nested: BTreeMap<(KindId, Uuid), NestedEntities<'a>>,
    /// What is nested nowhere.
    top_level: BTreeMap<KindId, Vec<Uuid>>,
}
