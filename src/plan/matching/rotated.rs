use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::UnmatchedEntity;
use crate::PlanInput;
use crate::key::{key_from_body, key_part};
use crate::live_index::{LiveIndex, LiveRef};
use json::Object;
use schema::{Catalog, Kind, KindId, NestedList, RotationRule};
use state::{DeclaredId, ForeignKeyTarget};

/// Says for each pending entity which live one it is (by its place): one with the same material, of several the one at
/// which most of its declared children point; else whatever they point at. Ties go to the lowest id, and each is one
/// entity at most.
pub(super) fn match_rotated<'a>(
    question: &PlanInput<'a>,
    known: &LiveIndex<'a>,
    kind: KindId,
    pending: &[UnmatchedEntity<'a>],
    free: impl Fn(&LiveRef<'a>) -> bool,
) -> Vec<Option<usize>> {
    let description = question.catalog.kind(kind);
    let Some(rotates) = &description.rotation else {
        return vec![None; pending.len()];
    };
    let mut free: Vec<usize> = known
        .enumerate_kind(kind)
        .filter(|(_, holder)| free(holder))
        .map(|(at, _)| at)
        .collect();
    free.sort_by_key(|at| known.entities[*at].id);
    let nest = description
        .nested_lists
        .iter()
        .find(|nest| nest.key == rotates.children);
    let served = nest.map_or_else(Vec::new, |nest| {
        find_candidate_pairs(question, known, nest, pending, &free)
    });
    let mut assigned = PairAssignment {
        live_by_pending: vec![None; pending.len()],
        assigned_live: FxHashSet::default(),
    };
    let material = MaterialIndex::new((question.catalog, rotates), known, pending, &free);
    for pair in served
        .iter()
        .filter(|pair| material.has_same_material(pair.pending, pair.live))
    {
        assigned.assign_pair(pair.pending, pair.live);
    }
    for at in 0..pending.len() {
        let same = material
            .live_with_same_material(at)
            .iter()
            .find(|live| !assigned.assigned_live.contains(*live));
        same.into_iter().for_each(|live| assigned.assign_pair(at, *live));
    }
    for pair in &served {
        assigned.assign_pair(pair.pending, pair.live);
    }
    assigned.live_by_pending
}

/// Which live entity each pending one is, as far as is settled.
struct PairAssignment {
    live_by_pending: Vec<Option<usize>>,
    assigned_live: FxHashSet<usize>,
}

impl PairAssignment {
    /// Settles a pair, if both are free.
    fn assign_pair(&mut self, pending: usize, live: usize) {
        if self.live_by_pending[pending].is_none() && self.assigned_live.insert(live) {
            self.live_by_pending[pending] = Some(live);
        }
    }
}

/// The material of pending and live entities.
struct MaterialIndex {
    pending: Vec<String>,
    live: FxHashMap<String, Vec<usize>>,
}

impl MaterialIndex {
    fn new(
        (catalog, rotates): (&Catalog, &RotationRule),
        known: &LiveIndex<'_>,
        pending: &[UnmatchedEntity<'_>],
        free: &[usize],
    ) -> Self {
        let mut live: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for at in free {
            live.entry(join_material(rotates, known.entities[*at].body))
                .or_default()
                .push(*at);
        }
        let pending = pending
            .iter()
            .map(|one| join_material(rotates, one.desired(catalog)))
            .collect();
        Self { pending, live }
    }

    /// The live entities with the material of a pending one, the lowest id first.
    fn live_with_same_material(&self, pending: usize) -> &[usize] {
        self.live.get(&self.pending[pending]).map_or(&[], Vec::as_slice)
    }

    fn has_same_material(&self, pending: usize, live: usize) -> bool {
        self.live_with_same_material(pending).contains(&live)
    }
}

/// A live entity at which declared children of a pending one point.
struct CandidatePair {
    pending: usize,
    live: usize,
    child_count: usize,
}

/// Every such pair, those of most children first.
fn find_candidate_pairs(
    question: &PlanInput<'_>,
    known: &LiveIndex<'_>,
    nest: &NestedList,
    pending: &[UnmatchedEntity<'_>],
    free: &[usize],
) -> Vec<CandidatePair> {
    let places: FxHashMap<Uuid, usize> = free.iter().map(|at| (known.entities[*at].id, *at)).collect();
    let declared = declared_child_keys(question, nest);
    let holders = parents_by_child_key(question.catalog.kind(nest.kind), known, nest);
    let mut found = Vec::new();
    for (at, one) in pending.iter().enumerate() {
        let mut counts: BTreeMap<Uuid, usize> = BTreeMap::new();
        for id in declared
            .get(&one.declared_id)
            .into_iter()
            .flatten()
            .filter_map(|child| holders.get(child))
        {
            *counts.entry(*id).or_default() += 1;
        }
        found.extend(counts.into_iter().filter_map(|(id, children)| {
            let live = *places.get(&id)?;
            Some(CandidatePair {
                pending: at,
                live,
                child_count: children,
            })
        }));
    }
    found.sort_by_key(|pair| Reverse(pair.child_count));
    found
}

fn join_material(rotates: &RotationRule, body: &Object) -> String {
    let parts = rotates
        .material
        .iter()
        .map(|field| body.get(field).and_then(key_part).unwrap_or_default());
    parts.collect::<Vec<_>>().join("\u{1f}")
}

/// The keys of the declared children of each declared entity.
fn declared_child_keys<'a>(question: &PlanInput<'a>, nest: &NestedList) -> FxHashMap<DeclaredId, Vec<Cow<'a, str>>> {
    let kind = question.catalog.kind(nest.kind);
    let mut found: FxHashMap<DeclaredId, Vec<Cow<'a, str>>> = FxHashMap::default();
    for child in question.desired.entities.iter().filter(|child| child.kind == nest.kind) {
        let parent = child.foreign_keys.iter().find_map(|link| match link.target {
            ForeignKeyTarget::Parent(parent) if link.field == nest.field => Some(parent),
            _ => None,
        });
        if let Some((parent, key)) = parent.zip(child_key(kind, child.body.expose())) {
            found.entry(parent).or_default().push(key);
        }
    }
    found
}

/// Which entity each live child points at.
fn parents_by_child_key<'a>(kind: &Kind, known: &LiveIndex<'a>, nest: &NestedList) -> FxHashMap<Cow<'a, str>, Uuid> {
    let children = known.of_kind(nest.kind);
    children
        .filter_map(|child| Some((child_key(kind, child.body)?, child.foreign_key_id(&nest.field)?)))
        .collect()
}

fn child_key<'b>(kind: &Kind, body: &'b Object) -> Option<Cow<'b, str>> {
    kind.identity.first().and_then(|set| key_from_body(kind, set, body))
}
