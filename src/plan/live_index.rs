use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use crate::key::key_part;
use crate::{ForeignEntity, LiveEntity, PlanInput};
use json::Object;
use schema::{Catalog, Kind, KindId, OnDelete};
use state::{DeclaredEntity, ForeignKeyTarget, Scope, entity_tags};

/// Finds what the control plane is known to hold by id, name and kind.
pub(crate) struct LiveIndex<'a> {
    /// The entities, the run's own first.
    pub entities: Vec<LiveRef<'a>>,
    by_id: FxHashMap<(KindId, Uuid), usize>,
    /// Made when it is first needed.
    by_name: OnceCell<LiveNameMap<'a>>,
    by_kind: FxHashMap<KindId, Vec<usize>>,
    unreadable_kinds: &'a BTreeSet<KindId>,
    catalog: &'a Catalog,
}

type LiveNameMap<'a> = FxHashMap<KindId, FxHashMap<Cow<'a, str>, usize>>;

/// One entity of the control plane.
pub(crate) struct LiveRef<'a> {
    pub kind: KindId,
    pub id: Uuid,
    /// All of an owned entity; of a foreign one its index.
    pub body: &'a Object,
    pub ownership: Ownership,
}

/// What a plan may do with an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Change and delete it.
    Managed,
    /// Refer to it: an option says that it is left alone.
    Ignored,
    /// Refer to it: it is outside the scopes.
    Foreign,
}

impl<'a> LiveIndex<'a> {
    pub fn new(input: &PlanInput<'a>) -> Self {
        let live = input.live;
        let (owned, foreign) = (live.owned.values(), live.foreign.values());
        let count = owned.map(Vec::len).chain(foreign.map(Vec::len)).sum();
        let mut index = Self {
            entities: Vec::with_capacity(count),
            by_id: FxHashMap::default(),
            by_name: OnceCell::new(),
            by_kind: FxHashMap::default(),
            unreadable_kinds: &input.live.forbidden,
            catalog: input.catalog,
        };
        let owned = input.live.owned.iter();
        let owned = owned.flat_map(|(kind, entities)| entities.iter().map(|entity| managed_ref(*kind, entity)));
        index.entities.extend(owned);
        if !covers_everything(input) {
            index.mark_ignored(input);
        }
        let foreign = input.live.foreign.iter();
        for (kind, entity) in foreign.flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity))) {
            index.entities.push(foreign_ref(kind, entity));
        }
        index.build_indexes();
        index
    }

    pub fn get(&self, kind: KindId, id: Uuid) -> Option<&LiveRef<'a>> {
        self.by_id.get(&(kind, id)).map(|at| &self.entities[*at])
    }

    /// The entity that has a name: the value of its endpoint key, or of a natural key of one field.
    pub(crate) fn find_by_name(&self, kind: KindId, name: &str) -> Option<&LiveRef<'a>> {
        let at = self.name_map().get(&kind)?.get(name)?;
        Some(&self.entities[*at])
    }

    pub fn names(&self, kind: KindId) -> impl Iterator<Item = &str> {
        self.name_map()
            .get(&kind)
            .into_iter()
            .flat_map(|names| names.keys().map(AsRef::as_ref))
    }

    pub fn of_kind(&self, kind: KindId) -> impl Iterator<Item = &LiveRef<'a>> {
        self.by_kind
            .get(&kind)
            .into_iter()
            .flatten()
            .map(|at| &self.entities[*at])
    }

    /// The entities of a kind, with their places among all.
    pub(crate) fn enumerate_kind(&self, kind: KindId) -> impl Iterator<Item = (usize, &LiveRef<'a>)> {
        self.by_kind
            .get(&kind)
            .into_iter()
            .flatten()
            .map(|at| (*at, &self.entities[*at]))
    }

    /// Whether the token may read entities of the kind.
    pub(crate) fn is_readable(&self, kind: KindId) -> bool {
        !self.unreadable_kinds.contains(&kind)
    }

    /// Marks what an option says is left alone, and what has no tags of its own and belongs to something that is.
    fn mark_ignored(&mut self, input: &PlanInput<'a>) {
        let ignored = self.entities.iter().filter(|entity| is_ignored(input, entity));
        let mut ignored_ids: FxHashSet<_> = ignored.map(|entity| (entity.kind, entity.id)).collect();
        for entity in &mut self.entities {
            let kind = input.catalog.kind(entity.kind);
            if !kind.taggable && cascade_parents(kind, entity.body).any(|parent| ignored_ids.contains(&parent)) {
                ignored_ids.insert((entity.kind, entity.id));
            }
            if ignored_ids.contains(&(entity.kind, entity.id)) {
                entity.ownership = Ownership::Ignored;
            }
        }
    }

    fn build_indexes(&mut self) {
        self.by_id.reserve(self.entities.len());
        for (at, entity) in self.entities.iter().enumerate() {
            self.by_id.entry((entity.kind, entity.id)).or_insert(at);
            self.by_kind.entry(entity.kind).or_default().push(at);
        }
    }

    fn name_map(&self) -> &LiveNameMap<'a> {
        self.by_name.get_or_init(|| {
            let mut by_name = LiveNameMap::default();
            for (at, entity) in self.entities.iter().enumerate() {
                let names = by_name.entry(entity.kind).or_default();
                for field in name_fields(self.catalog.kind(entity.kind)) {
                    if let Some(name) = entity.body.get(field).and_then(key_part) {
                        names.entry(name).or_insert(at);
                    }
                }
            }
            by_name
        })
    }
}

impl LiveRef<'_> {
    /// The id in a foreign key of the entity.
    pub fn foreign_key_id(&self, field: &str) -> Option<Uuid> {
        foreign_key_id(self.body, field)
    }

    /// Its tags, for people.
    pub(crate) fn format_tags(&self) -> String {
        let tags: BTreeSet<&str> = entity_tags(self.body).collect();
        match tags.is_empty() {
            true => "no tags".to_owned(),
            false => format!("tags {}", tags.into_iter().collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The fields by whose value an entity can be referred to: its endpoint key, as Kong and decK find it (what else
/// is unique is no name); of a kind without one, what alone identifies it.
pub(crate) fn name_fields(kind: &Kind) -> impl Iterator<Item = &str> {
    let single = kind.identity.iter().filter_map(|set| match set.as_slice() {
        [field] if kind.foreign_fields.iter().all(|foreign| foreign.field != *field) => Some(field.as_str()),
        _ => None,
    });
    let endpoint = kind.endpoint_key.as_deref();
    endpoint.into_iter().chain(single.filter(move |_| endpoint.is_none()))
}

/// The id in a foreign key of a body.
pub(crate) fn foreign_key_id(body: &Object, field: &str) -> Option<Uuid> {
    body.get(field)?.get("id")?.as_str()?.parse().ok()
}

/// All ids that an entity's foreign keys hold, with the kinds they are of.
pub(crate) fn foreign_key_ids<'a>(
    kind: &'a Kind,
    body: &'a Object,
) -> impl Iterator<Item = (&'a schema::ForeignField, Uuid)> {
    kind.foreign_fields.iter().flat_map(move |foreign| {
        let id = (!foreign.is_list)
            .then(|| foreign_key_id(body, &foreign.field))
            .flatten();
        let listed = body
            .get(&foreign.field)
            .filter(|_| foreign.is_list)
            .and_then(|value| value.as_array());
        let ids = listed.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok());
        id.into_iter().chain(ids).map(move |id| (foreign, id))
    })
}

/// Whether a declared entity is only referred to in this run: `--filter-tag` or a skipped kind.
pub(crate) fn is_reference_only(input: &PlanInput<'_>, declared: &DeclaredEntity) -> bool {
    if covers_everything(input) {
        return false;
    }
    let kind = input.catalog.kind(declared.kind);
    let cascade_links = declared.foreign_keys.iter().filter_map(|link| {
        let foreign = kind.foreign_fields.iter().find(|foreign| foreign.field == link.field)?;
        (foreign.on_delete == OnDelete::Cascade && link.target != ForeignKeyTarget::Null).then_some((foreign, link))
    });
    let mut kinds = std::iter::once(declared.kind).chain(cascade_links.clone().map(|(foreign, _)| foreign.kind));
    if kinds.any(|kind| input.options.skip.contains(&kind)) {
        return true;
    }
    let Some(filter) = &input.desired.filter_tags else {
        return false;
    };
    if kind.taggable {
        let tags: FxHashSet<&str> = entity_tags(declared.body.expose()).collect();
        return !filter.iter().all(|tag| tags.contains(tag.as_str()));
    }
    cascade_links.into_iter().any(|(_, link)| match link.target {
        ForeignKeyTarget::Parent(parent) => is_reference_only(input, input.desired.entity(parent)),
        _ => false,
    })
}

fn managed_ref(kind: KindId, entity: &LiveEntity) -> LiveRef<'_> {
    LiveRef {
        kind,
        id: entity.id,
        body: entity.body.expose(),
        ownership: Ownership::Managed,
    }
}

fn foreign_ref(kind: KindId, entity: &ForeignEntity) -> LiveRef<'_> {
    LiveRef {
        kind,
        id: entity.id,
        body: entity.index.expose(),
        ownership: Ownership::Foreign,
    }
}

/// Whether no option leaves something alone.
fn covers_everything(input: &PlanInput<'_>) -> bool {
    input.options.skip.is_empty() && input.desired.filter_tags.is_none()
}

fn is_ignored(input: &PlanInput<'_>, entity: &LiveRef<'_>) -> bool {
    let kind = input.catalog.kind(entity.kind);
    let skip = &input.options.skip;
    let filter = input.desired.filter_tags.as_ref();
    skip.contains(&entity.kind)
        || cascade_parents(kind, entity.body).any(|(parent, _)| skip.contains(&parent))
        || filter.is_some_and(|filter| {
            let filter = Scope { tags: filter.clone() };
            kind.taggable && !filter.includes_tags(entity_tags(entity.body))
        })
}

/// The entities with which this one would be deleted.
fn cascade_parents<'a>(kind: &'a Kind, body: &'a Object) -> impl Iterator<Item = (KindId, Uuid)> {
    foreign_key_ids(kind, body)
        .filter(|(foreign, _)| foreign.on_delete == OnDelete::Cascade)
        .map(|(foreign, id)| (foreign.kind, id))
}

/// Every kind, after those that its entities refer to.
pub(crate) fn kinds_by_dependency(catalog: &Catalog) -> Vec<KindId> {
    let mut order = Vec::new();
    for (kind, _) in catalog.kinds() {
        visit_kind(catalog, kind, &mut Vec::new(), &mut order);
    }
    order
}

fn visit_kind(catalog: &Catalog, kind: KindId, path: &mut Vec<KindId>, order: &mut Vec<KindId>) {
    if order.contains(&kind) || path.contains(&kind) {
        return;
    }
    path.push(kind);
    for foreign in &catalog.kind(kind).foreign_fields {
        visit_kind(catalog, foreign.kind, path, order);
    }
    path.pop();
    order.push(kind);
}
