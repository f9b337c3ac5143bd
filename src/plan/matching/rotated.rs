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

/// Says for each unmatched entity which live one it is (by its place): one with the same material, of several the one at
/// which most of its declared children point; else whatever they point at. Ties go to the lowest id, and each is one
/// entity at most.
pub(super) fn match_rotated<'a>(
    input: &PlanInput<'a>,
    live: &LiveIndex<'a>,
    kind: KindId,
    unmatched: &[UnmatchedEntity<'a>],
    is_free: impl Fn(&LiveRef<'a>) -> bool,
) -> Vec<Option<usize>> {
    let description = input.catalog.kind(kind);
    let Some(rotation) = &description.rotation else {
        return vec![None; unmatched.len()];
    };
    let mut free: Vec<usize> = live
        .enumerate_kind(kind)
        .filter(|(_, entity)| is_free(entity))
        .map(|(at, _)| at)
        .collect();
    free.sort_by_key(|at| live.entities[*at].id);
    let nested_list = description
        .nested_lists
        .iter()
        .find(|nested_list| nested_list.key == rotation.children);
    let pairs = nested_list.map_or_else(Vec::new, |nested_list| {
        find_candidate_pairs(input, live, nested_list, unmatched, &free)
    });
    let mut assignment = PairAssignment {
        live_by_unmatched: vec![None; unmatched.len()],
        assigned_live: FxHashSet::default(),
    };
    let material = MaterialIndex::new((input.catalog, rotation), live, unmatched, &free);
    for pair in pairs
        .iter()
        .filter(|pair| material.has_same_material(pair.unmatched, pair.live))
    {
        assignment.assign_pair(pair.unmatched, pair.live);
    }
    for at in 0..unmatched.len() {
        let same = material
            .live_with_same_material(at)
            .iter()
            .find(|live| !assignment.assigned_live.contains(*live));
        same.into_iter().for_each(|live| assignment.assign_pair(at, *live));
    }
    for pair in &pairs {
        assignment.assign_pair(pair.unmatched, pair.live);
    }
    assignment.live_by_unmatched
}

/// Which live entity each unmatched one is, as far as is decided.
struct PairAssignment {
    live_by_unmatched: Vec<Option<usize>>,
    assigned_live: FxHashSet<usize>,
}

impl PairAssignment {
    /// Assigns a pair, if both are free. Idempotent.
    fn assign_pair(&mut self, unmatched: usize, live: usize) {
        if self.live_by_unmatched[unmatched].is_none() && self.assigned_live.insert(live) {
            self.live_by_unmatched[unmatched] = Some(live);
        }
    }
}

/// The material of unmatched and live entities.
struct MaterialIndex {
    unmatched: Vec<String>,
    live: FxHashMap<String, Vec<usize>>,
}

impl MaterialIndex {
    fn new(
        (catalog, rotation): (&Catalog, &RotationRule),
        live: &LiveIndex<'_>,
        unmatched: &[UnmatchedEntity<'_>],
        free: &[usize],
    ) -> Self {
        let mut live_by_material: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for at in free {
            live_by_material
                .entry(join_material(rotation, live.entities[*at].body))
                .or_default()
                .push(*at);
        }
        let unmatched = unmatched
            .iter()
            .map(|entity| join_material(rotation, entity.desired(catalog)))
            .collect();
        Self {
            unmatched,
            live: live_by_material,
        }
    }

    /// The live entities with the material of an unmatched one, the lowest id first.
    fn live_with_same_material(&self, unmatched: usize) -> &[usize] {
        self.live.get(&self.unmatched[unmatched]).map_or(&[], Vec::as_slice)
    }

    fn has_same_material(&self, unmatched: usize, live: usize) -> bool {
        self.live_with_same_material(unmatched).contains(&live)
    }
}

/// A live entity at which declared children of an unmatched one point.
struct CandidatePair {
    unmatched: usize,
    live: usize,
    child_count: usize,
}

/// Every such pair, those of most children first.
fn find_candidate_pairs(
    input: &PlanInput<'_>,
    live: &LiveIndex<'_>,
    nested_list: &NestedList,
    unmatched: &[UnmatchedEntity<'_>],
    free: &[usize],
) -> Vec<CandidatePair> {
    let free_by_id: FxHashMap<Uuid, usize> = free.iter().map(|at| (live.entities[*at].id, *at)).collect();
    let declared = declared_child_keys(input, nested_list);
    let parents = parents_by_child_key(input.catalog.kind(nested_list.kind), live, nested_list);
    let mut found = Vec::new();
    for (at, entity) in unmatched.iter().enumerate() {
        let mut counts: BTreeMap<Uuid, usize> = BTreeMap::new();
        for id in declared
            .get(&entity.declared_id)
            .into_iter()
            .flatten()
            .filter_map(|child| parents.get(child))
        {
            *counts.entry(*id).or_default() += 1;
        }
        found.extend(counts.into_iter().filter_map(|(id, children)| {
            let live = *free_by_id.get(&id)?;
            Some(CandidatePair {
                unmatched: at,
                live,
                child_count: children,
            })
        }));
    }
    found.sort_by_key(|pair| Reverse(pair.child_count));
    found
}

fn join_material(rotation: &RotationRule, body: &Object) -> String {
    let parts = rotation
        .material
        .iter()
        .map(|field| body.get(field).and_then(key_part).unwrap_or_default());
    parts.collect::<Vec<_>>().join("\u{1f}")
}

/// The keys of the declared children of each declared entity.
fn declared_child_keys<'a>(
    input: &PlanInput<'a>,
    nested_list: &NestedList,
) -> FxHashMap<DeclaredId, Vec<Cow<'a, str>>> {
    let kind = input.catalog.kind(nested_list.kind);
    let mut found: FxHashMap<DeclaredId, Vec<Cow<'a, str>>> = FxHashMap::default();
    for child in input
        .desired
        .entities
        .iter()
        .filter(|child| child.kind == nested_list.kind)
    {
        let parent = child.foreign_keys.iter().find_map(|link| match link.target {
            ForeignKeyTarget::Parent(parent) if link.field == nested_list.field => Some(parent),
            _ => None,
        });
        if let Some((parent, key)) = parent.zip(child_key(kind, child.body.expose())) {
            found.entry(parent).or_default().push(key);
        }
    }
    found
}

/// Which entity each live child points at.
fn parents_by_child_key<'a>(
    kind: &Kind,
    live: &LiveIndex<'a>,
    nested_list: &NestedList,
) -> FxHashMap<Cow<'a, str>, Uuid> {
    let children = live.of_kind(nested_list.kind);
    children
        .filter_map(|child| Some((child_key(kind, child.body)?, child.foreign_key_id(&nested_list.field)?)))
        .collect()
}

fn child_key<'b>(kind: &Kind, body: &'b Object) -> Option<Cow<'b, str>> {
    kind.identity.first().and_then(|set| key_from_body(kind, set, body))
}
