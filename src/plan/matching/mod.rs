//! Which declared entity is which live one.

mod declared_index;
mod entity;
mod equal;
mod links;
mod missing_context;
mod rotated;

use std::borrow::Cow;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use uuid::Uuid;

pub(crate) use entity::{MatchedEntity, UnmatchedEntity};
pub use missing_context::MissingContext;

use declared_index::DeclaredIndex;
use links::DanglingReferences;

use crate::diff::{GeneratedFields, note_unverifiable_hash};
use crate::error::{absent_kind_error, conflict_error};
use crate::key::key_from_body;
use crate::live_index::{LiveIndex, LiveRef, Ownership, kinds_by_dependency};
use crate::{PlanError, PlanInput};
use json::parallel::par_map_chunks;
use json::prefetch_chunked;
use schema::KindId;
use state::DeclaredId;
use yaml::Diagnostic;

/// Which declared entity is which live one: what a plan is made of.
pub struct EntityMatches<'a> {
    pub(crate) live: LiveIndex<'a>,
    /// The id of every declared entity; none where it could not be found out.
    pub(crate) entity_ids: Vec<Option<Uuid>>,
    /// The owned entities that are declared ones.
    pub(crate) claimed: FxHashSet<(KindId, Uuid)>,
    /// What is to be compared, or created.
    pub(crate) matched: Vec<MatchedEntity<'a>>,
    pub(crate) errors: Vec<PlanError>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Finds for every declared entity the live one that it is, and the entities that it refers to, kind after kind, so that
/// whatever an identity rests on is known before; and chooses an id for what is not there.
///
/// # Errors
/// What must be read of the entities outside the scopes before that can be said. What was read is not missing again, so
/// that reading and matching in turns ends.
pub fn match_entities<'a>(
    input: &PlanInput<'a>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<EntityMatches<'a>, MissingContext> {
    let live = LiveIndex::new(input);
    let mut matcher = EntityMatcher::new(input, &live);
    let mut declared_by_kind = group_by_kind(input);
    for kind in kinds_by_dependency(input.catalog) {
        if let Some(members) = declared_by_kind.remove(&kind) {
            matcher.match_kind(kind, members, new_id);
        }
    }
    let missing = matcher.missing_context();
    if !missing.is_empty() {
        return Err(missing);
    }
    let EntityMatcher {
        declared_index,
        dangling,
        entity_ids,
        claimed,
        matched,
        mut errors,
        diagnostics,
        ..
    } = matcher;
    errors.extend(dangling.into_errors(input, &live, &declared_index));
    Ok(EntityMatches {
        live,
        entity_ids,
        claimed,
        matched,
        errors,
        diagnostics,
    })
}

fn group_by_kind(input: &PlanInput<'_>) -> FxHashMap<KindId, Vec<DeclaredId>> {
    let mut by_kind: FxHashMap<KindId, Vec<DeclaredId>> = FxHashMap::default();
    for (at, declared) in (0..).map(DeclaredId).zip(&input.desired.entities) {
        by_kind.entry(declared.kind).or_default().push(at);
    }
    by_kind
}

struct EntityMatcher<'a, 'q> {
    input: &'q PlanInput<'a>,
    live: &'q LiveIndex<'a>,
    declared_index: DeclaredIndex<'a>,
    dangling: DanglingReferences,
    /// What foreign keys point at that is neither declared nor known.
    unresolved: MissingContext,
    generated: GeneratedFields,
    entity_ids: Vec<Option<Uuid>>,
    claimed: FxHashSet<(KindId, Uuid)>,
    matched: Vec<MatchedEntity<'a>>,
    errors: Vec<PlanError>,
    diagnostics: Vec<Diagnostic>,
}

/// The places of live entities by the value of a natural key: the first, and others where a key is not unique.
type LiveByKey<'a> = FxHashMap<Cow<'a, str>, (usize, Vec<usize>)>;

impl<'a, 'q> EntityMatcher<'a, 'q> {
    fn new(input: &'q PlanInput<'a>, live: &'q LiveIndex<'a>) -> Self {
        let count = input.desired.entities.len();
        Self {
            input,
            live,
            declared_index: DeclaredIndex::new(input),
            dangling: DanglingReferences::default(),
            unresolved: MissingContext::default(),
            generated: GeneratedFields::default(),
            entity_ids: vec![None; count],
            claimed: FxHashSet::with_capacity_and_hasher(count, FxBuildHasher),
            matched: Vec::with_capacity(count),
            errors: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    fn match_kind(&mut self, kind: KindId, members: Vec<DeclaredId>, new_id: &mut dyn FnMut() -> Uuid) {
        if self.input.live.absent.contains(&kind) {
            self.errors.extend(absent_kind_error(self.input, kind, &members));
            return;
        }
        let (with_id, without_id): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|at| self.input.desired.entity(*at).id.is_some());
        for at in with_id {
            let entity = self.unmatched_entity(at);
            self.match_by_id(entity);
        }
        let unmatched = self.match_by_keys(kind, without_id);
        let unmatched = self.match_by_material(kind, unmatched);
        let unmatched = self.match_by_equality(kind, unmatched);
        for entity in unmatched.into_iter().filter(|entity| !entity.reference_only) {
            self.match_as_new(entity, new_id());
        }
    }

    /// An entity that declares its id is the live one with it, or a new one.
    fn match_by_id(&mut self, entity: UnmatchedEntity<'a>) {
        let Some(id) = entity.declared.id else { return };
        match self.live.get(entity.declared.kind, id) {
            Some(live) if live.ownership == Ownership::Managed || entity.reference_only => self.claim(entity, live),
            Some(live) => {
                self.entity_ids[entity.declared_id.0 as usize] = Some(id);
                let kind = self.input.catalog.kind(live.kind);
                self.errors.push(conflict_error(
                    kind,
                    live,
                    "it has the id that is declared",
                    entity.declared,
                ));
            }
            None if entity.reference_only => {}
            None => self.match_as_new(entity, id),
        }
    }

    /// The others are the owned ones with the same natural keys, the best first.
    fn match_by_keys(&mut self, kind: KindId, members: Vec<DeclaredId>) -> Vec<UnmatchedEntity<'a>> {
        let catalog = self.input.catalog;
        let mut unmatched: Vec<_> = members.into_iter().map(|at| self.unmatched_entity(at)).collect();
        for fields in &catalog.kind(kind).identity {
            if unmatched.is_empty() {
                break;
            }
            let live_by_key = self.index_unclaimed(kind, fields);
            let keys = par_map_chunks(&mut unmatched, |chunk| {
                let entities = prefetch_chunked(chunk, |entity| Some(entity.declared.body.expose()));
                let keys = entities.map(|entity| (entity.reference_only, entity.natural_key(catalog, fields)));
                keys.collect::<Vec<_>>()
            });
            let keys = keys.into_iter().flatten();
            let found = keys.map(|(reference_only, key)| self.find_by_key(kind, &key?, &live_by_key, reference_only));
            let found = found.collect();
            unmatched = self.claim_found(unmatched, found);
        }
        unmatched
    }

    /// The live entity with that key; an owned one is no other's from now on.
    fn find_by_key(
        &mut self,
        kind: KindId,
        key: &str,
        live_by_key: &LiveByKey<'a>,
        reference_only: bool,
    ) -> Option<usize> {
        let live = self.live;
        let fits = |at: &&usize| {
            let entity = &live.entities[**at];
            (entity.ownership == Ownership::Managed || reference_only) && !self.claimed.contains(&(kind, entity.id))
        };
        let (first, others) = live_by_key.get(key)?;
        let fitting = std::iter::once(first).chain(others).filter(fits);
        let at = *fitting.min_by_key(|at| live.entities[**at].id)?;
        self.mark_claimed(&live.entities[at]);
        Some(at)
    }

    fn index_unclaimed(&self, kind: KindId, fields: &[String]) -> LiveByKey<'a> {
        let live = self.live.enumerate_kind(kind);
        let unclaimed = live.filter(|(_, entity)| !self.claimed.contains(&(kind, entity.id)));
        let described = self.input.catalog.kind(kind);
        let mut unclaimed: Vec<(usize, &LiveRef<'a>)> = unclaimed.collect();
        let keys = par_map_chunks(&mut unclaimed, |chunk| {
            let entities = prefetch_chunked(chunk, |(_, entity)| Some(entity.body));
            let keys = entities.filter_map(|(at, entity)| Some((key_from_body(described, fields, entity.body)?, *at)));
            keys.collect::<Vec<_>>()
        });
        let mut live_by_key = LiveByKey::default();
        live_by_key.reserve(keys.iter().map(Vec::len).sum());
        for (key, at) in keys.into_iter().flatten() {
            live_by_key
                .entry(key)
                .and_modify(|(_, others)| others.push(at))
                .or_insert_with(|| (at, Vec::new()));
        }
        live_by_key
    }

    /// What rotates in place is what has the same material, else what most of its declared children point at.
    fn match_by_material(&mut self, kind: KindId, unmatched: Vec<UnmatchedEntity<'a>>) -> Vec<UnmatchedEntity<'a>> {
        if unmatched.is_empty() || self.input.catalog.kind(kind).rotation.is_none() {
            return unmatched;
        }
        let is_free = |live: &LiveRef<'a>| is_unclaimed(&self.claimed, live);
        let found = rotated::match_rotated(self.input, self.live, kind, &unmatched, is_free);
        self.claim_found(unmatched, found)
    }

    /// What has no name is what equals it.
    fn match_by_equality(&mut self, kind: KindId, unmatched: Vec<UnmatchedEntity<'a>>) -> Vec<UnmatchedEntity<'a>> {
        if unmatched.is_empty() || !self.input.catalog.kind(kind).same_if_equal {
            return unmatched;
        }
        let is_free = |live: &LiveRef<'a>| is_unclaimed(&self.claimed, live);
        let found = equal::match_equal(self.input, self.live, &mut self.generated, kind, &unmatched, is_free);
        self.claim_found(unmatched, found)
    }

    /// Claims for each entity the live one that was found for it; says for which none was.
    fn claim_found(
        &mut self,
        unmatched: Vec<UnmatchedEntity<'a>>,
        found: Vec<Option<usize>>,
    ) -> Vec<UnmatchedEntity<'a>> {
        let mut left = Vec::new();
        for (entity, at) in unmatched.into_iter().zip(found) {
            match at {
                Some(at) => self.claim(entity, &self.live.entities[at]),
                None => left.push(entity),
            }
        }
        left
    }

    fn claim(&mut self, entity: UnmatchedEntity<'a>, live: &LiveRef<'a>) {
        self.entity_ids[entity.declared_id.0 as usize] = Some(live.id);
        self.mark_claimed(live);
        if !entity.has_dangling_link && !entity.reference_only {
            let kind = self.input.catalog.kind(live.kind);
            note_unverifiable_hash(kind, entity.declared, live.body, &mut self.diagnostics);
            self.matched.push(MatchedEntity {
                entity,
                id: live.id,
                live: Some(live.body),
            });
        }
    }

    /// Remembers that an entity that is not foreign is a declared one. Idempotent.
    fn mark_claimed(&mut self, live: &LiveRef<'a>) {
        if live.ownership != Ownership::Foreign {
            self.claimed.insert((live.kind, live.id));
        }
    }

    fn match_as_new(&mut self, entity: UnmatchedEntity<'a>, id: Uuid) {
        self.entity_ids[entity.declared_id.0 as usize] = Some(id);
        if !entity.has_dangling_link {
            let live = None;
            self.matched.push(MatchedEntity { entity, id, live });
        }
    }
}

fn is_unclaimed(claimed: &FxHashSet<(KindId, Uuid)>, live: &LiveRef<'_>) -> bool {
    live.ownership == Ownership::Managed && !claimed.contains(&(live.kind, live.id))
}
