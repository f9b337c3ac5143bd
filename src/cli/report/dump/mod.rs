//! Live state as a state file.

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

/// Options of a dump.
#[derive(Clone, Debug, Default)]
pub struct DumpOptions {
    /// Writes every entity with its id.
    pub with_id: bool,
    /// Leaves out values that Kong fills in by itself.
    pub skip_defaults: bool,
    /// Redacts secrets: such a dump cannot be synced.
    pub hide_secrets: bool,
    /// The tags that select what is dumped.
    pub select_tags: BTreeSet<String>,
}

/// Renders live state in decK's format: nested where an entity has one parent, with the ids it needs to be matched
/// again and no others. Read back, it is no change.
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

/// The entities nested in one, by the key of their list.
type NestedEntities<'a> = BTreeMap<&'a str, Vec<(KindId, Uuid)>>;

struct DumpBuilder<'a> {
    catalog: &'a Catalog,
    options: &'a DumpOptions,
    owned: BTreeMap<(KindId, Uuid), &'a LiveEntity>,
    /// Of owned and foreign entities.
    names: super::EntityNames,
    /// Entities whose natural key does not identify them.
    ambiguous: BTreeSet<(KindId, Uuid)>,
    nested: BTreeMap<(KindId, Uuid), NestedEntities<'a>>,
    /// The entities that are not nested.
    top_level: BTreeMap<KindId, Vec<Uuid>>,
}
