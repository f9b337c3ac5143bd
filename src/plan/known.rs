use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::Question;
use super::key::text_of;
use crate::{ForeignEntity, LiveEntity};
use json::Object;
use schema::{Catalog, Kind, KindId, OnDelete};
use state::{DeclaredEntity, ForeignKeyTarget, Scope, entity_tags};

/// Everything that the control plane is known to hold, to be found by id and by name.
pub(super) struct Known<'a> {
    /// The entities, the run's own first.
    pub holders: Vec<Holder<'a>>,
    by_id: FxHashMap<(KindId, Uuid), usize>,
    /// Made when a name is first asked for.
    by_name: OnceCell<ByName<'a>>,
    of: FxHashMap<KindId, Vec<usize>>,
    unreadable: &'a BTreeSet<KindId>,
    catalog: &'a Catalog,
}

type ByName<'a> = FxHashMap<KindId, FxHashMap<Cow<'a, str>, usize>>;

/// One entity of the control plane.
pub(super) struct Holder<'a> {
    pub kind: KindId,
    pub id: Uuid,
    /// All of an owned entity; of a foreign one its index.
    pub body: &'a Object,
    pub standing: Standing,
}

/// What a plan may do with an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Change and delete it.
    Owned,
    /// Refer to it: an option says that it is left alone.
    Spared,
    /// Refer to it: it is outside the scopes.
    Foreign,
}

impl<'a> Known<'a> {
    pub fn index(question: &Question<'a>) -> Self {
        let live = question.live;
        let (owned, foreign) = (live.owned.values(), live.foreign.values());
        let count = owned.map(Vec::len).chain(foreign.map(Vec::len)).sum();
        let mut known = Self {
            holders: Vec::with_capacity(count),
            by_id: FxHashMap::default(),
            by_name: OnceCell::new(),
            of: FxHashMap::default(),
            unreadable: &question.live.forbidden,
            catalog: question.catalog,
        };
        let owned = question.live.owned.iter();
        let owned = owned.flat_map(|(kind, entities)| entities.iter().map(|entity| owned_holder(*kind, entity)));
        known.holders.extend(owned);
        if !acts_on_all(question) {
            known.spare(question);
        }
        let foreign = question.live.foreign.iter();
        for (kind, entity) in foreign.flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity))) {
            known.holders.push(foreign_holder(kind, entity));
        }
        known.fill_indexes();
        known
    }

    pub fn by_id(&self, kind: KindId, id: Uuid) -> Option<&Holder<'a>> {
        self.by_id.get(&(kind, id)).map(|at| &self.holders[*at])
    }

    /// The entity that bears a name: the value of its endpoint key, or of a natural key of one field.
    pub fn named(&self, kind: KindId, name: &str) -> Option<&Holder<'a>> {
        let at = self.by_name().get(&kind)?.get(name)?;
        Some(&self.holders[*at])
    }

    pub fn names(&self, kind: KindId) -> impl Iterator<Item = &str> {
        self.by_name()
            .get(&kind)
            .into_iter()
            .flat_map(|names| names.keys().map(AsRef::as_ref))
    }

    pub fn of(&self, kind: KindId) -> impl Iterator<Item = &Holder<'a>> {
        self.of.get(&kind).into_iter().flatten().map(|at| &self.holders[*at])
    }

    /// The entities of a kind, with their places among all.
    pub fn places_of(&self, kind: KindId) -> impl Iterator<Item = (usize, &Holder<'a>)> {
        self.of
            .get(&kind)
            .into_iter()
            .flatten()
            .map(|at| (*at, &self.holders[*at]))
    }

    /// Whether the token may read entities of the kind.
    pub fn readable(&self, kind: KindId) -> bool {
        !self.unreadable.contains(&kind)
    }

    /// Marks what is left alone, and what has no tags of its own and belongs to something that is.
    fn spare(&mut self, question: &Question<'a>) {
        let alone = self.holders.iter().filter(|holder| leaves_alone(question, holder));
        let mut spared: FxHashSet<_> = alone.map(|holder| (holder.kind, holder.id)).collect();
        for holder in &mut self.holders {
            let kind = question.catalog.kind(holder.kind);
            if !kind.taggable && masters(kind, holder.body).any(|master| spared.contains(&master)) {
                spared.insert((holder.kind, holder.id));
            }
            if spared.contains(&(holder.kind, holder.id)) {
                holder.standing = Standing::Spared;
            }
        }
    }

    fn fill_indexes(&mut self) {
        self.by_id.reserve(self.holders.len());
        for (at, holder) in self.holders.iter().enumerate() {
            self.by_id.entry((holder.kind, holder.id)).or_insert(at);
            self.of.entry(holder.kind).or_default().push(at);
        }
    }

    fn by_name(&self) -> &ByName<'a> {
        self.by_name.get_or_init(|| {
            let mut by_name = ByName::default();
            for (at, holder) in self.holders.iter().enumerate() {
                let names = by_name.entry(holder.kind).or_default();
                for field in name_fields(self.catalog.kind(holder.kind)) {
                    if let Some(name) = holder.body.get(field).and_then(text_of) {
                        names.entry(name).or_insert(at);
                    }
                }
            }
            by_name
        })
    }
}

impl Holder<'_> {
    /// The id in a foreign key of the entity.
    pub fn link(&self, field: &str) -> Option<Uuid> {
        link_in(self.body, field)
    }

    /// Its tags, for people.
    pub fn shown_tags(&self) -> String {
        let tags: BTreeSet<&str> = entity_tags(self.body).collect();
        match tags.is_empty() {
            true => "no tags".to_owned(),
            false => format!("tags {}", tags.into_iter().collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The fields by whose value an entity can be referred to: its endpoint key, as Kong and decK find it (what else
/// is unique is no name); of a kind without one, what alone identifies it.
pub(super) fn name_fields(kind: &Kind) -> impl Iterator<Item = &str> {
    let single = kind.identity.iter().filter_map(|set| match set.as_slice() {
        [field] if kind.foreign_fields.iter().all(|foreign| foreign.field != *field) => Some(field.as_str()),
        _ => None,
    });
    let endpoint = kind.endpoint_key.as_deref();
    endpoint.into_iter().chain(single.filter(move |_| endpoint.is_none()))
}

/// The id in a foreign key of a body.
pub(super) fn link_in(body: &Object, field: &str) -> Option<Uuid> {
    body.get(field)?.get("id")?.as_str()?.parse().ok()
}

/// All ids that an entity's foreign keys hold, with the kinds they are of.
pub(super) fn links_in<'a>(kind: &'a Kind, body: &'a Object) -> impl Iterator<Item = (&'a schema::ForeignField, Uuid)> {
    kind.foreign_fields.iter().flat_map(move |foreign| {
        let one = (!foreign.is_list).then(|| link_in(body, &foreign.field)).flatten();
        let listed = body
            .get(&foreign.field)
            .filter(|_| foreign.is_list)
            .and_then(|value| value.as_array());
        let several = listed.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok());
        one.into_iter().chain(several).map(move |id| (foreign, id))
    })
}

/// Whether a declared entity is only referred to in this run: `--filter-tag` or a skipped kind.
pub(super) fn is_spectator(question: &Question<'_>, declared: &DeclaredEntity) -> bool {
    if acts_on_all(question) {
        return false;
    }
    let kind = question.catalog.kind(declared.kind);
    let masters = declared.foreign_keys.iter().filter_map(|link| {
        let foreign = kind.foreign_fields.iter().find(|foreign| foreign.field == link.field)?;
        (foreign.on_delete == OnDelete::Cascade && link.target != ForeignKeyTarget::Null).then_some((foreign, link))
    });
    let mut skipped = std::iter::once(declared.kind).chain(masters.clone().map(|(foreign, _)| foreign.kind));
    if skipped.any(|kind| question.options.skip.contains(&kind)) {
        return true;
    }
    let Some(filter) = &question.desired.filter_tags else {
        return false;
    };
    if kind.taggable {
        let borne: FxHashSet<&str> = entity_tags(declared.body.expose()).collect();
        return !filter.iter().all(|tag| borne.contains(tag.as_str()));
    }
    masters.into_iter().any(|(_, link)| match link.target {
        ForeignKeyTarget::Parent(master) => is_spectator(question, question.desired.entity(master)),
        _ => false,
    })
}

fn owned_holder(kind: KindId, entity: &LiveEntity) -> Holder<'_> {
    Holder {
        kind,
        id: entity.id,
        body: entity.body.expose(),
        standing: Standing::Owned,
    }
}

fn foreign_holder(kind: KindId, entity: &ForeignEntity) -> Holder<'_> {
    Holder {
        kind,
        id: entity.id,
        body: entity.index.expose(),
        standing: Standing::Foreign,
    }
}

/// Whether nothing that this run could act on is left alone.
fn acts_on_all(question: &Question<'_>) -> bool {
    question.options.skip.is_empty() && question.desired.filter_tags.is_none()
}

fn leaves_alone(question: &Question<'_>, holder: &Holder<'_>) -> bool {
    let kind = question.catalog.kind(holder.kind);
    let skip = &question.options.skip;
    let filter = question.desired.filter_tags.as_ref();
    skip.contains(&holder.kind)
        || masters(kind, holder.body).any(|(master, _)| skip.contains(&master))
        || filter.is_some_and(|filter| {
            let filter = Scope { tags: filter.clone() };
            kind.taggable && !filter.includes_tags(entity_tags(holder.body))
        })
}

/// The entities with which this one would be deleted.
fn masters<'a>(kind: &'a Kind, body: &'a Object) -> impl Iterator<Item = (KindId, Uuid)> {
    links_in(kind, body)
        .filter(|(foreign, _)| foreign.on_delete == OnDelete::Cascade)
        .map(|(foreign, id)| (foreign.kind, id))
}
