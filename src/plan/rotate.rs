use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use super::Question;
use super::key::{key_in, text_of};
use super::known::{Holder, Known};
use super::pending::Pending;
use json::Object;
use schema::{Catalog, Kind, KindId, NestedList, RotationRule};
use state::{DeclaredId, ForeignKeyTarget};

/// Says for each pending entity which live one it is (by its place): one with the same material, of several the one at
/// which most of its declared children point; else whatever they point at. Ties go to the lowest id, and each is one
/// entity at most.
pub(super) fn assign<'a>(
    question: &Question<'a>,
    known: &Known<'a>,
    kind: KindId,
    pending: &[Pending<'a>],
    free: impl Fn(&Holder<'a>) -> bool,
) -> Vec<Option<usize>> {
    let description = question.catalog.kind(kind);
    let Some(rotates) = &description.rotation else {
        return vec![None; pending.len()];
    };
    let mut free: Vec<usize> = known
        .places_of(kind)
        .filter(|(_, holder)| free(holder))
        .map(|(at, _)| at)
        .collect();
    free.sort_by_key(|at| known.holders[*at].id);
    let nest = description
        .nested_lists
        .iter()
        .find(|nest| nest.key == rotates.children);
    let served = nest.map_or_else(Vec::new, |nest| served(question, known, nest, pending, &free));
    let mut assigned = Assigned {
        of: vec![None; pending.len()],
        taken: FxHashSet::default(),
    };
    let material = Material::of((question.catalog, rotates), known, pending, &free);
    for pair in served.iter().filter(|pair| material.is_same(pair.pending, pair.live)) {
        assigned.pair(pair.pending, pair.live);
    }
    for at in 0..pending.len() {
        let same = material.same(at).iter().find(|live| !assigned.taken.contains(*live));
        same.into_iter().for_each(|live| assigned.pair(at, *live));
    }
    for pair in &served {
        assigned.pair(pair.pending, pair.live);
    }
    assigned.of
}

/// Which live entity each pending one is, as far as is settled.
struct Assigned {
    of: Vec<Option<usize>>,
    taken: FxHashSet<usize>,
}

impl Assigned {
    /// Settles a pair, if both are free.
    fn pair(&mut self, pending: usize, live: usize) {
        if self.of[pending].is_none() && self.taken.insert(live) {
            self.of[pending] = Some(live);
        }
    }
}

/// The material of pending and live entities.
struct Material {
    pending: Vec<String>,
    live: FxHashMap<String, Vec<usize>>,
}

impl Material {
    fn of(
        (catalog, rotates): (&Catalog, &RotationRule),
        known: &Known<'_>,
        pending: &[Pending<'_>],
        free: &[usize],
    ) -> Self {
        let mut live: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for at in free {
            live.entry(material(rotates, known.holders[*at].body))
                .or_default()
                .push(*at);
        }
        let pending = pending
            .iter()
            .map(|one| material(rotates, one.desired(catalog)))
            .collect();
        Self { pending, live }
    }

    /// The live entities with the material of a pending one, the lowest id first.
    fn same(&self, pending: usize) -> &[usize] {
        self.live.get(&self.pending[pending]).map_or(&[], Vec::as_slice)
    }

    fn is_same(&self, pending: usize, live: usize) -> bool {
        self.same(pending).contains(&live)
    }
}

/// A live entity at which declared children of a pending one point.
struct Served {
    pending: usize,
    live: usize,
    children: usize,
}

/// Every such pair, those of most children first.
fn served(
    question: &Question<'_>,
    known: &Known<'_>,
    nest: &NestedList,
    pending: &[Pending<'_>],
    free: &[usize],
) -> Vec<Served> {
    let places: FxHashMap<Uuid, usize> = free.iter().map(|at| (known.holders[*at].id, *at)).collect();
    let declared = children(question, nest);
    let holders = serving(question.catalog.kind(nest.kind), known, nest);
    let mut found = Vec::new();
    for (at, one) in pending.iter().enumerate() {
        let mut counts: BTreeMap<Uuid, usize> = BTreeMap::new();
        for id in declared
            .get(&one.at)
            .into_iter()
            .flatten()
            .filter_map(|child| holders.get(child))
        {
            *counts.entry(*id).or_default() += 1;
        }
        found.extend(counts.into_iter().filter_map(|(id, children)| {
            let live = *places.get(&id)?;
            Some(Served {
                pending: at,
                live,
                children,
            })
        }));
    }
    found.sort_by_key(|pair| Reverse(pair.children));
    found
}

fn material(rotates: &RotationRule, body: &Object) -> String {
    let parts = rotates
        .material
        .iter()
        .map(|field| body.get(field).and_then(text_of).unwrap_or_default());
    parts.collect::<Vec<_>>().join("\u{1f}")
}

/// The keys of the declared children of each declared entity.
fn children<'a>(question: &Question<'a>, nest: &NestedList) -> FxHashMap<DeclaredId, Vec<Cow<'a, str>>> {
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
fn serving<'a>(kind: &Kind, known: &Known<'a>, nest: &NestedList) -> FxHashMap<Cow<'a, str>, Uuid> {
    let children = known.of(nest.kind);
    children
        .filter_map(|child| Some((child_key(kind, child.body)?, child.link(&nest.field)?)))
        .collect()
}

fn child_key<'b>(kind: &Kind, body: &'b Object) -> Option<Cow<'b, str>> {
    kind.identity.first().and_then(|set| key_in(kind, set, body))
}
