use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::key::{join_key, key_from_body, key_part, unique_field_sets};
use super::live_index::{LiveIndex, is_reference_only};
use super::resolve::DeclaredIndex;
use super::schedule::{referenced_vaults, vault_prefix};
use super::{PlanInput, kin};
use json::Object;
use schema::{Catalog, FieldType, Kind, KindId, Record};
use state::{DeclaredEntity, DeclaredId, ForeignKeyTarget};

/// What has to be known of the entities outside the scopes before a plan can be made, and no more: a token that sees
/// nothing but vaults manages vaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingContext {
    /// The kinds whose index has to be read.
    pub foreign_kinds: BTreeSet<KindId>,
    /// For kinds that live on the path of a parent: the ids, names or keys, as the documents say them, of parents that
    /// are not among the owned, and under which they have to be looked for as well.
    pub parents_by_kind: BTreeMap<KindId, BTreeSet<String>>,
}

impl MissingContext {
    /// The same, and all of others that may hold references, with the vaults that these may name.
    pub fn with_referrers(mut self, question: &PlanInput<'_>) -> Self {
        if !has_unfiltered_scope(question) {
            self.foreign_kinds.extend(referencing_kinds(question.catalog));
            self.foreign_kinds.extend(question.catalog.find_kind("vaults"));
        }
        self
    }
}

fn has_unfiltered_scope(question: &PlanInput<'_>) -> bool {
    question.desired.scopes.iter().any(|scope| scope.tags.is_empty())
}

/// The kinds that may hold references.
fn referencing_kinds(catalog: &Catalog) -> impl Iterator<Item = KindId> {
    let kinds = catalog.kinds();
    kinds
        .filter(|(_, kind)| may_hold_references(&kind.record))
        .map(|(id, _)| id)
}

/// Says what has to be known besides the owned entities (`question.live` holds nothing else yet).
///
/// It looks at the documents as they are spelled, and so asks rather for too much than for too little: for the kinds
/// of what is not there yet, of what changes a unique value, of what is referred to and not found, of what a deletion
/// would take with it or break; and for the vaults if a reference names one that is not found.
pub fn find_missing_context(question: &PlanInput<'_>) -> MissingContext {
    if has_unfiltered_scope(question) {
        return MissingContext::default();
    }
    let known = LiveIndex::new(question);
    let mut finding = MissingContextFinder {
        input: question,
        live: &known,
        declared_index: DeclaredIndex::new(question),
        entity_ids: vec![None; question.desired.entities.len()],
        claimed: FxHashSet::default(),
        missing: MissingContext::default(),
    };
    let mut by_kind: FxHashMap<KindId, Vec<DeclaredId>> = FxHashMap::default();
    for (at, declared) in question.desired.entities.iter().enumerate() {
        by_kind.entry(declared.kind).or_default().push(DeclaredId(at as u32));
    }
    for kind in kin::kinds_by_dependency(question.catalog) {
        finding.check_kind(kind, by_kind.get(&kind).map_or(&[], Vec::as_slice));
    }
    finding.add_referrers_of_deleted();
    finding.add_vaults();
    finding.missing
}

struct MissingContextFinder<'a, 'q> {
    input: &'q PlanInput<'a>,
    live: &'q LiveIndex<'a>,
    declared_index: DeclaredIndex<'a>,
    entity_ids: Vec<Option<Uuid>>,
    claimed: FxHashSet<(KindId, Uuid)>,
    missing: MissingContext,
}

impl<'a> MissingContextFinder<'a, '_> {
    fn check_kind(&mut self, id: KindId, members: &[DeclaredId]) {
        let (question, known) = (self.input, self.live);
        let kind = question.catalog.kind(id);
        let mut sets: Vec<&[String]> = kind.identity.iter().map(Vec::as_slice).collect();
        sets.extend(kind.rotation.as_ref().map(|rotates| rotates.material.as_slice()));
        let mut live: Vec<FxHashMap<Cow<'_, str>, Uuid>> = vec![FxHashMap::default(); sets.len()];
        if !members.is_empty() {
            for holder in known.of_kind(id) {
                for (set, found) in sets.iter().zip(&mut live) {
                    found.extend(approximate_key(kind, set, holder.body, None).map(|key| (key, holder.id)));
                }
            }
        }
        for at in members {
            let declared = question.desired.entity(*at);
            let links = self.resolve_links(declared, is_reference_only(question, declared));
            let by_key = || {
                let keys = sets.iter().zip(&live);
                keys.filter_map(|(set, live)| {
                    live.get(&approximate_key(kind, set, declared.body.expose(), Some(&links))?)
                })
                .find(|found| !self.claimed.contains(&(id, **found)))
                .copied()
            };
            let found = declared.id.or_else(by_key);
            self.entity_ids[at.0 as usize] = found;
            let holder = found.and_then(|found| known.get(id, found));
            if holder.is_none_or(|holder| takes_unique_value(kind, declared, &links, holder.body)) {
                self.missing.foreign_kinds.insert(id);
            }
            self.claimed.extend(found.map(|found| (id, found)));
        }
    }

    /// The ids of the foreign keys that can be told, noting the kinds of those that cannot.
    fn resolve_links(&mut self, declared: &'a DeclaredEntity, spectator: bool) -> ForeignKeyIds {
        let kind = self.input.catalog.kind(declared.kind);
        let mut links = ForeignKeyIds::default();
        for link in &declared.foreign_keys {
            let Some(foreign) = kind.foreign_fields.iter().find(|foreign| foreign.field == link.field) else {
                continue;
            };
            let texts: Vec<&str> = match &link.target {
                ForeignKeyTarget::Parent(at) => {
                    links.extend(self.entity_ids[at.0 as usize].map(|id| (link.field.clone(), id)));
                    continue;
                }
                ForeignKeyTarget::Named(text) => vec![text],
                ForeignKeyTarget::List(texts) => texts.iter().map(|(text, _)| text.as_str()).collect(),
                ForeignKeyTarget::Null => continue,
            };
            for text in texts {
                let id = text.parse().ok().and_then(|id: Uuid| self.live.get(foreign.kind, id));
                let live = id
                    .or_else(|| self.live.find_by_name(foreign.kind, text))
                    .map(|holder| holder.id);
                let said = self.declared_index.find(foreign.kind, text);
                let id = said.map_or(live, |at| self.entity_ids[at.0 as usize].or(live));
                links.extend(id.map(|id| (link.field.clone(), id)));
                if live.is_none() && (said.is_none() || spectator) {
                    self.missing.foreign_kinds.insert(foreign.kind);
                    if kind.parent.as_ref() == Some(&link.field) {
                        self.missing
                            .parents_by_kind
                            .entry(declared.kind)
                            .or_default()
                            .insert(text.to_owned());
                    }
                }
            }
        }
        links
    }

    /// Whoever may point at an entity that goes, or by reference at a vault that goes or is renamed.
    fn add_referrers_of_deleted(&mut self) {
        let catalog = self.input.catalog;
        let goes = |id: (KindId, Uuid)| !self.input.options.no_delete && !self.claimed.contains(&id);
        let owned = self.input.live.owned.iter();
        let going: BTreeSet<KindId> = owned
            .filter(|(kind, entities)| entities.iter().any(|entity| goes((**kind, entity.id))))
            .map(|(kind, _)| *kind)
            .collect();
        let refers = |kind: &Kind| kind.foreign_fields.iter().any(|foreign| going.contains(&foreign.kind));
        self.missing
            .foreign_kinds
            .extend(catalog.kinds().filter(|(_, kind)| refers(kind)).map(|(id, _)| id));
        if self.removes_vault_prefix() {
            self.missing.foreign_kinds.extend(referencing_kinds(catalog));
        }
    }

    /// Whether a vault goes, or is given another prefix.
    fn removes_vault_prefix(&self) -> bool {
        let declared = self.declared_prefixes();
        let owned = self.input.live.owned.iter();
        let mut owned = owned.flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity)));
        owned.any(|(kind, entity)| {
            let changes = !self.input.options.no_delete || self.claimed.contains(&(kind, entity.id));
            let prefix = vault_prefix(self.input.catalog, kind, entity.body.expose());
            changes && prefix.is_some_and(|prefix| !declared.contains(&prefix))
        })
    }

    /// The vaults of others, if a reference names one that is neither declared nor owned.
    fn add_vaults(&mut self) {
        let known: BTreeSet<String> = self.live_prefixes().union(&self.declared_prefixes()).cloned().collect();
        let declared = self.input.desired.entities.iter();
        let declared = declared.map(|declared| declared.body.expose());
        let live = self.input.live.owned.values().flatten();
        let live = live
            .filter(|_| self.keeps_undeclared())
            .map(|entity| entity.body.expose());
        let mut named = declared.chain(live).flat_map(referenced_vaults);
        if named.any(|prefix| !known.contains(&prefix)) {
            self.missing
                .foreign_kinds
                .extend(self.input.catalog.find_kind("vaults"));
        }
    }

    /// Whether what no document declares may stay, references and all.
    fn keeps_undeclared(&self) -> bool {
        let options = self.input.options;
        options.no_delete || !options.skip.is_empty() || self.input.desired.filter_tags.is_some()
    }

    fn live_prefixes(&self) -> BTreeSet<String> {
        let owned = self.input.live.owned.iter();
        let bodies = owned.flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.body.expose())));
        bodies
            .filter_map(|(kind, body)| vault_prefix(self.input.catalog, kind, body))
            .collect()
    }

    fn declared_prefixes(&self) -> BTreeSet<String> {
        let declared = self.input.desired.entities.iter();
        declared
            .filter_map(|one| vault_prefix(self.input.catalog, one.kind, one.body.expose()))
            .collect()
    }
}

type ForeignKeyIds = FxHashMap<String, Uuid>;

fn approximate_key<'b>(
    kind: &Kind,
    set: &[String],
    body: &'b Object,
    links: Option<&ForeignKeyIds>,
) -> Option<Cow<'b, str>> {
    let several_of_one = kind.rotation.as_ref().is_some_and(|rotates| rotates.material == set);
    if several_of_one {
        let parts = set
            .iter()
            .map(|field| body.get(field).and_then(key_part).unwrap_or_default());
        return Some(Cow::Owned(parts.collect::<Vec<_>>().join("\u{1f}")));
    }
    let linked = |field: &str| links?.get(field).map(|id| Cow::Owned(id.to_string()));
    join_key(kind, set, |field| {
        linked(field).or_else(|| body.get(field).and_then(key_part))
    })
}

/// Whether a declared entity takes a unique value that the live one does not have.
fn takes_unique_value(kind: &Kind, declared: &DeclaredEntity, links: &ForeignKeyIds, live: &Object) -> bool {
    unique_field_sets(kind).any(|set| {
        let said = approximate_key(kind, &set, declared.body.expose(), Some(links));
        said.is_some() && said != key_from_body(kind, &set, live)
    })
}

fn may_hold_references(record: &Record) -> bool {
    let mut found = false;
    record.walk_fields(&mut |_, field| {
        found |= field.referenceable || field.field_type == FieldType::Abstract;
        !found
    });
    found
}
