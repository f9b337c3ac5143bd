use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{DumpBuilder, DumpOptions};
use crate::report::collect_entity_names;
use json::{Object, Value};
use plan::{LiveEntity, LiveState, Plan};
use schema::{Catalog, Kind, KindId, NestedList};

impl<'a> DumpBuilder<'a> {
    pub(super) fn new(catalog: &'a Catalog, live: &'a LiveState, options: &'a DumpOptions) -> Self {
        let entities = || {
            live.owned
                .iter()
                .flat_map(|(kind, members)| members.iter().map(|entity| (*kind, entity)))
        };
        let mut dump = Self {
            catalog,
            options,
            owned: entities().map(|(kind, entity)| ((kind, entity.id), entity)).collect(),
            names: collect_entity_names(catalog, live, &Plan::default()),
            ambiguous: find_ambiguous(catalog, live),
            nested: BTreeMap::new(),
            top_level: BTreeMap::new(),
        };
        for (kind, entity) in entities() {
            match dump.nesting_parent(kind, entity) {
                Some((parent, key)) => {
                    let lists = dump.nested.entry(parent).or_default();
                    lists.entry(key).or_default().push((kind, entity.id));
                }
                None => dump.top_level.entry(kind).or_default().push(entity.id),
            }
        }
        dump
    }

    pub(super) fn top_level_lists(&self) -> impl Iterator<Item = (KindId, Vec<Value>)> {
        self.top_level.iter().map(|(kind, ids)| {
            let members = ids.iter().map(|id| (*kind, *id)).collect();
            (*kind, self.build_list(members, None))
        })
    }

    /// Entities in a stable order, each with those nested in it. `nest` is the list that they are in.
    pub(super) fn build_list(&self, mut members: Vec<(KindId, Uuid)>, nest: Option<&NestedList>) -> Vec<Value> {
        members.sort_by_cached_key(|(kind, id)| (self.sort_key(*kind, *id), *id));
        members
            .into_iter()
            .map(|(kind, id)| Value::Object(self.build_entity(kind, id, nest)))
            .collect()
    }

    /// The lists nested in an entity.
    pub(super) fn build_nested(&self, kind: KindId, id: Uuid) -> Object {
        let Some(lists) = self.nested.get(&(kind, id)) else {
            return Object::new();
        };
        let nests = &self.catalog.kind(kind).nested_lists;
        lists
            .iter()
            .map(|(key, members)| {
                let nest = nests.iter().find(|nest| nest.key == *key);
                ((*key).to_owned(), Value::Array(self.build_list(members.clone(), nest)))
            })
            .collect()
    }

    /// The entity that this one is nested in, and the key of the list: its parent, if it has exactly one and that is dumped.
    fn nesting_parent(&self, kind: KindId, entity: &LiveEntity) -> Option<((KindId, Uuid), &'a str)> {
        let body = entity.body.expose();
        let mut parents = self.catalog.kind(kind).foreign_fields.iter().filter_map(|foreign| {
            let nest = find_nest(self.catalog.kind(foreign.kind), kind, &foreign.field)?;
            Some((foreign.kind, nest, foreign_key_id(body.get(&foreign.field)?)?))
        });
        let (parent, nest, id) = parents.next()?;
        let is_only_parent = nest.reference_field.is_some() || parents.next().is_none();
        (is_only_parent && self.owned.contains_key(&(parent, id))).then_some(((parent, id), nest.key.as_str()))
    }

    fn sort_key(&self, kind: KindId, id: Uuid) -> String {
        let Some(entity) = self.owned.get(&(kind, id)) else {
            return String::new();
        };
        let kind = self.catalog.kind(kind);
        let fields = kind.endpoint_key.iter().chain(kind.identity.iter().flatten());
        fields
            .filter_map(|field| entity.body.expose().get(field)?.as_str())
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

pub(super) fn foreign_key_id(value: &Value) -> Option<Uuid> {
    value.get("id")?.as_str()?.parse().ok()
}

fn find_nest<'a>(parent: &'a Kind, kind: KindId, field: &str) -> Option<&'a NestedList> {
    parent
        .nested_lists
        .iter()
        .find(|nest| nest.kind == kind && nest.field == field && !nest.read_only)
}

/// The entities that their natural keys do not identify: those that have none, and those that share one.
fn find_ambiguous(catalog: &Catalog, live: &LiveState) -> BTreeSet<(KindId, Uuid)> {
    let mut ambiguous = BTreeSet::new();
    for (kind, members) in &live.owned {
        let mut ids_by_key: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for entity in members {
            match natural_key(catalog.kind(*kind), entity.body.expose()) {
                Some(key) => ids_by_key.entry(key).or_default().push(entity.id),
                None => _ = ambiguous.insert((*kind, entity.id)),
            }
        }
        let shared = ids_by_key.into_values().filter(|ids| ids.len() > 1).flatten();
        ambiguous.extend(shared.map(|id| (*kind, id)));
    }
    ambiguous
}

/// The values of the first natural key that an entity has in full; a key of several fields may lack some, not all.
fn natural_key(kind: &Kind, body: &Object) -> Option<String> {
    let is_set = |field: &String| body.get(field).is_some_and(|value| !value.is_null());
    let key = kind.identity.iter().find(|fields| fields.first().is_some_and(is_set))?;
    let values: Vec<_> = key.iter().map(|field| body.get(field)).collect();
    serde_json::to_string(&(key, values)).ok()
}
