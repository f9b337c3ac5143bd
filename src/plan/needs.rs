use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::key::{key_in, key_of, text_of, unique_sets};
use super::known::{Known, is_spectator};
use super::order::{prefix, vaults_named};
use super::resolve::Names;
use super::{Question, kin};
use json::Object;
use schema::{Catalog, Field, FieldType, Kind, KindId, Record};
use state::{DeclaredEntity, DeclaredId, ForeignKeyTarget};

/// What has to be known of the entities outside the scopes before a plan can be made, and no more: a token that sees
/// nothing but vaults manages vaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The kinds whose index has to be read.
    pub foreign: BTreeSet<KindId>,
    /// For kinds that live on the path of a parent: the ids, names or keys, as the documents say them, of parents that
    /// are not among the owned, and under which they have to be looked for as well.
    pub under: BTreeMap<KindId, BTreeSet<String>>,
}

impl Needs {
    /// The same, and all of others that may hold references, with the vaults that these may name.
    pub fn with_referrers(mut self, question: &Question<'_>) -> Self {
        if !owns_everything(question) {
            self.foreign.extend(referrers(question.catalog));
            self.foreign.extend(question.catalog.find_kind("vaults"));
        }
        self
    }
}

fn owns_everything(question: &Question<'_>) -> bool {
    question.desired.scopes.iter().any(|scope| scope.tags.is_empty())
}

/// The kinds that may hold references.
fn referrers(catalog: &Catalog) -> impl Iterator<Item = KindId> {
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
pub fn needs(question: &Question<'_>) -> Needs {
    if owns_everything(question) {
        return Needs::default();
    }
    let known = Known::index(question);
    let mut finding = Finding {
        question,
        known: &known,
        names: Names::of(question),
        found: vec![None; question.desired.entities.len()],
        claimed: FxHashSet::default(),
        needs: Needs::default(),
    };
    let mut by_kind: FxHashMap<KindId, Vec<DeclaredId>> = FxHashMap::default();
    for (at, declared) in question.desired.entities.iter().enumerate() {
        by_kind.entry(declared.kind).or_default().push(DeclaredId(at as u32));
    }
    for kind in kin::in_order(question.catalog) {
        finding.kind(kind, by_kind.get(&kind).map_or(&[], Vec::as_slice));
    }
    finding.referrers_of_what_goes();
    finding.vaults();
    finding.needs
}

struct Finding<'a, 'q> {
    question: &'q Question<'a>,
    known: &'q Known<'a>,
    names: Names<'a>,
    found: Vec<Option<Uuid>>,
    claimed: FxHashSet<(KindId, Uuid)>,
    needs: Needs,
}

impl<'a> Finding<'a, '_> {
    fn kind(&mut self, id: KindId, members: &[DeclaredId]) {
        let (question, known) = (self.question, self.known);
        let kind = question.catalog.kind(id);
        let mut sets: Vec<&[String]> = kind.identity.iter().map(Vec::as_slice).collect();
        sets.extend(kind.rotation.as_ref().map(|rotates| rotates.material.as_slice()));
        let mut live: Vec<FxHashMap<Cow<'_, str>, Uuid>> = vec![FxHashMap::default(); sets.len()];
        if !members.is_empty() {
            for holder in known.of(id) {
                for (set, found) in sets.iter().zip(&mut live) {
                    found.extend(rough_key(kind, set, holder.body, None).map(|key| (key, holder.id)));
                }
            }
        }
        for at in members {
            let declared = question.desired.entity(*at);
            let links = self.links(declared, is_spectator(question, declared));
            let by_key = || {
                let keys = sets.iter().zip(&live);
                keys.filter_map(|(set, live)| live.get(&rough_key(kind, set, declared.body.expose(), Some(&links))?))
                    .find(|found| !self.claimed.contains(&(id, **found)))
                    .copied()
            };
            let found = declared.id.or_else(by_key);
            self.found[at.0 as usize] = found;
            let holder = found.and_then(|found| known.by_id(id, found));
            if holder.is_none_or(|holder| takes_something(kind, declared, &links, holder.body)) {
                self.needs.foreign.insert(id);
            }
            self.claimed.extend(found.map(|found| (id, found)));
        }
    }

    /// The ids of the foreign keys that can be told, noting the kinds of those that cannot.
    fn links(&mut self, declared: &'a DeclaredEntity, spectator: bool) -> Links {
        let kind = self.question.catalog.kind(declared.kind);
        let mut links = Links::default();
        for link in &declared.foreign_keys {
            let Some(foreign) = kind.foreign_fields.iter().find(|foreign| foreign.field == link.field) else {
                continue;
            };
            let texts: Vec<&str> = match &link.target {
                ForeignKeyTarget::Parent(at) => {
                    links.extend(self.found[at.0 as usize].map(|id| (link.field.clone(), id)));
                    continue;
                }
                ForeignKeyTarget::Named(text) => vec![text],
                ForeignKeyTarget::List(texts) => texts.iter().map(|(text, _)| text.as_str()).collect(),
                ForeignKeyTarget::Null => continue,
            };
            for text in texts {
                let id = text
                    .parse()
                    .ok()
                    .and_then(|id: Uuid| self.known.by_id(foreign.kind, id));
                let live = id
                    .or_else(|| self.known.named(foreign.kind, text))
                    .map(|holder| holder.id);
                let said = self.names.find(foreign.kind, text);
                let id = said.map_or(live, |at| self.found[at.0 as usize].or(live));
                links.extend(id.map(|id| (link.field.clone(), id)));
                if live.is_none() && (said.is_none() || spectator) {
                    self.needs.foreign.insert(foreign.kind);
                    if kind.parent.as_ref() == Some(&link.field) {
                        self.needs
                            .under
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
    fn referrers_of_what_goes(&mut self) {
        let catalog = self.question.catalog;
        let goes = |id: (KindId, Uuid)| !self.question.options.no_delete && !self.claimed.contains(&id);
        let owned = self.question.live.owned.iter();
        let going: BTreeSet<KindId> = owned
            .filter(|(kind, entities)| entities.iter().any(|entity| goes((**kind, entity.id))))
            .map(|(kind, _)| *kind)
            .collect();
        let refers = |kind: &Kind| kind.foreign_fields.iter().any(|foreign| going.contains(&foreign.kind));
        self.needs
            .foreign
            .extend(catalog.kinds().filter(|(_, kind)| refers(kind)).map(|(id, _)| id));
        if self.loses_a_prefix() {
            self.needs.foreign.extend(referrers(catalog));
        }
    }

    /// Whether a vault goes, or is given another prefix.
    fn loses_a_prefix(&self) -> bool {
        let declared = self.prefixes_declared();
        let owned = self.question.live.owned.iter();
        let mut owned = owned.flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity)));
        owned.any(|(kind, entity)| {
            let changes = !self.question.options.no_delete || self.claimed.contains(&(kind, entity.id));
            let prefix = prefix(self.question.catalog, kind, entity.body.expose());
            changes && prefix.is_some_and(|prefix| !declared.contains(&prefix))
        })
    }

    /// The vaults of others, if a reference names one that is neither declared nor owned.
    fn vaults(&mut self) {
        let known: BTreeSet<String> = self.prefixes_live().union(&self.prefixes_declared()).cloned().collect();
        let declared = self.question.desired.entities.iter();
        let declared = declared.map(|declared| declared.body.expose());
        let live = self.question.live.owned.values().flatten();
        let live = live
            .filter(|_| self.something_stays())
            .map(|entity| entity.body.expose());
        let mut named = declared.chain(live).flat_map(vaults_named);
        if named.any(|prefix| !known.contains(&prefix)) {
            self.needs.foreign.extend(self.question.catalog.find_kind("vaults"));
        }
    }

    /// Whether what no document declares may stay, references and all.
    fn something_stays(&self) -> bool {
        let options = self.question.options;
        options.no_delete || !options.skip.is_empty() || self.question.desired.filter_tags.is_some()
    }

    fn prefixes_live(&self) -> BTreeSet<String> {
        let owned = self.question.live.owned.iter();
        let bodies = owned.flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.body.expose())));
        bodies
            .filter_map(|(kind, body)| prefix(self.question.catalog, kind, body))
            .collect()
    }

    fn prefixes_declared(&self) -> BTreeSet<String> {
        let declared = self.question.desired.entities.iter();
        declared
            .filter_map(|one| prefix(self.question.catalog, one.kind, one.body.expose()))
            .collect()
    }
}

type Links = FxHashMap<String, Uuid>;

fn rough_key<'b>(kind: &Kind, set: &[String], body: &'b Object, links: Option<&Links>) -> Option<Cow<'b, str>> {
    let several_of_one = kind.rotation.as_ref().is_some_and(|rotates| rotates.material == set);
    if several_of_one {
        let parts = set
            .iter()
            .map(|field| body.get(field).and_then(text_of).unwrap_or_default());
        return Some(Cow::Owned(parts.collect::<Vec<_>>().join("\u{1f}")));
    }
    let linked = |field: &str| links?.get(field).map(|id| Cow::Owned(id.to_string()));
    key_of(kind, set, |field| {
        linked(field).or_else(|| body.get(field).and_then(text_of))
    })
}

/// Whether a declared entity takes a unique value that the live one does not have.
fn takes_something(kind: &Kind, declared: &DeclaredEntity, links: &Links, live: &Object) -> bool {
    unique_sets(kind).any(|set| {
        let said = rough_key(kind, &set, declared.body.expose(), Some(links));
        said.is_some() && said != key_in(kind, &set, live)
    })
}

fn may_hold_references(record: &Record) -> bool {
    record.fields.iter().any(|(_, field)| field_may(field))
}

fn field_may(field: &Field) -> bool {
    field.referenceable
        || match &field.field_type {
            FieldType::Abstract => true,
            FieldType::Record(record) => may_hold_references(record),
            FieldType::Array(inner) | FieldType::Set(inner) => field_may(inner),
            FieldType::Map { values, .. } => field_may(values),
            _ => false,
        }
}
