use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::Question;
use super::key::{key_in, text_of};
use super::known::{Holder, Known};
use super::settle::Pending;
use crate::schema::{Kind, KindId, Nest, Object, Rotates};
use crate::state::{DeclaredId, LinkTo};

/// Says for each pending entity which live one it is (by its place): that with the same material; else the one that most of
/// its declared children point at, of several the one with the lowest id. Each is one entity at most.
pub(super) fn assign<'a>(
    question: &Question<'a>,
    known: &Known<'a>,
    kind: KindId,
    pending: &[Pending<'a>],
    free: impl Fn(&Holder<'a>) -> bool,
) -> Vec<Option<usize>> {
    let description = question.catalog.kind(kind);
    let Some(rotates) = &description.rotates else {
        return vec![None; pending.len()];
    };
    let mut free: Vec<usize> = known
        .places_of(kind)
        .filter(|(_, holder)| free(holder))
        .map(|(at, _)| at)
        .collect();
    free.sort_by_key(|at| known.holders[*at].id);
    let mut by_material: HashMap<String, Vec<usize>> = HashMap::new();
    for at in free.iter().rev() {
        by_material
            .entry(material(rotates, known.holders[*at].body))
            .or_default()
            .push(*at);
    }
    let mut taken: Vec<Option<usize>> = pending
        .iter()
        .map(|one| by_material.get_mut(&material(rotates, &one.desired)).and_then(Vec::pop))
        .collect();
    let Some(nest) = description.nests.iter().find(|nest| nest.key == rotates.children) else {
        return taken;
    };
    let declared = children(question, nest);
    let holders = serving(question.catalog.kind(nest.kind), known, nest);
    for (place, one) in pending.iter().enumerate() {
        if taken[place].is_some() {
            continue;
        }
        let mut served: BTreeMap<Uuid, usize> = BTreeMap::new();
        for child in declared.get(&one.at).into_iter().flatten() {
            if let Some(id) = holders.get(child) {
                *served.entry(*id).or_default() += 1;
            }
        }
        let fits = free.iter().filter(|at| !taken.contains(&Some(**at)));
        let count = |at: &usize| served.get(&known.holders[*at].id).copied().unwrap_or(0);
        taken[place] = fits
            .rev()
            .max_by_key(|at| count(at))
            .filter(|at| count(at) > 0)
            .copied();
    }
    taken
}

fn material(rotates: &Rotates, body: &Object) -> String {
    let parts = rotates
        .material
        .iter()
        .map(|field| body.get(field).and_then(text_of).unwrap_or_default());
    parts.collect::<Vec<_>>().join("\u{1f}")
}

/// The keys of the declared children of each declared entity.
fn children<'a>(question: &Question<'a>, nest: &Nest) -> HashMap<DeclaredId, Vec<Cow<'a, str>>> {
    let kind = question.catalog.kind(nest.kind);
    let mut found: HashMap<DeclaredId, Vec<Cow<'a, str>>> = HashMap::new();
    for child in question.desired.entities.iter().filter(|child| child.kind == nest.kind) {
        let parent = child.links.iter().find_map(|link| match link.to {
            LinkTo::Declared(parent) if link.field == nest.field => Some(parent),
            _ => None,
        });
        if let Some((parent, key)) = parent.zip(child_key(kind, child.body.expose())) {
            found.entry(parent).or_default().push(key);
        }
    }
    found
}

/// Which entity each live child points at.
fn serving<'a>(kind: &Kind, known: &Known<'a>, nest: &Nest) -> HashMap<Cow<'a, str>, Uuid> {
    let children = known.of(nest.kind);
    children
        .filter_map(|child| Some((child_key(kind, child.body)?, child.link(&nest.field)?)))
        .collect()
}

fn child_key<'b>(kind: &Kind, body: &'b Object) -> Option<Cow<'b, str>> {
    kind.identity.first().and_then(|set| key_in(kind, set, body))
}
