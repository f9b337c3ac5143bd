use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::UnmatchedEntity;
use crate::PlanInput;
use crate::diff::diff_entity;
use crate::key::key_from_body;
use crate::live_index::{LiveIndex, LiveRef};
use crate::made_up::{GeneratedField, GeneratedFields};
use crate::value::value_at_mut;
use json::{Object, Value};
use schema::{Kind, KindId, canonicalize};
use state::DesiredState;

/// Says for each pending entity that has no natural key which live one equals it (by its place), each once.
pub(super) fn match_equal<'a>(
    question: &PlanInput<'a>,
    known: &LiveIndex<'a>,
    made_up: &mut GeneratedFields,
    kind: KindId,
    pending: &[UnmatchedEntity<'a>],
    free: impl Fn(&LiveRef<'a>) -> bool,
) -> Vec<Option<usize>> {
    let (catalog, description) = (question.catalog, question.catalog.kind(kind));
    let nameless = |body: &Object| {
        description
            .identity
            .iter()
            .all(|set| key_from_body(description, set, body).is_none())
    };
    if !pending.iter().any(|one| nameless(one.desired(catalog))) {
        return vec![None; pending.len()];
    }
    let named = declared_natural_keys(question, kind);
    let free = |holder: &LiveRef<'a>| {
        let mut keys = description.identity.iter().enumerate();
        free(holder)
            && !keys.any(|(at, set)| {
                key_from_body(description, set, holder.body).is_some_and(|key| named.contains(&(at, key)))
            })
    };
    let mut alike: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, holder) in known.enumerate_kind(kind).filter(|(_, holder)| free(holder)) {
        let body = canonicalize(catalog, kind, holder.body).0;
        let made = made_up.fields_for(catalog, kind, &body);
        alike
            .entry(normalized_body_text(description, &made, body))
            .or_default()
            .push(at);
    }
    for places in alike.values_mut() {
        places.sort_by_key(|at| known.entities[*at].id);
    }
    let mut find = |one: &UnmatchedEntity<'a>| {
        if !nameless(one.desired(catalog)) || one.has_dangling_link {
            return None;
        }
        let desired = one.desired(catalog);
        let made = made_up.fields_for(catalog, kind, desired);
        let places = alike.get_mut(&normalized_body_text(description, &made, desired.clone()))?;
        let fits = |at: &usize| diff_entity(catalog, made_up, one, known.entities[*at].body).is_none();
        let at = places.iter().position(fits)?;
        Some(places.remove(at))
    };
    pending.iter().map(&mut find).collect()
}

/// The natural keys that the documents say: what has one of them is another entity, and gives the key up.
fn declared_natural_keys<'a>(question: &PlanInput<'a>, id: KindId) -> FxHashSet<(usize, Cow<'a, str>)> {
    let desired: &'a DesiredState = question.desired;
    let kind = question.catalog.kind(id);
    let bodies = desired
        .entities
        .iter()
        .filter(|declared| declared.kind == id)
        .map(|declared| declared.body.expose());
    let keys = bodies.flat_map(|body| {
        let sets = kind.identity.iter().enumerate();
        sets.filter_map(move |(at, set)| Some((at, key_from_body(kind, set, body)?)))
    });
    keys.collect()
}

/// The fields that two equal entities share whatever the server made up, as text.
fn normalized_body_text(kind: &Kind, made_up: &[GeneratedField], mut body: Object) -> String {
    for made in made_up {
        if let Some(value) = value_at_mut(&mut body, &made.path) {
            *value = Value::Null;
        }
    }
    if let Some(hashed) = &kind.hashed_field {
        body.remove(&hashed.field);
    }
    body.retain(|field, value| !kind.is_server_managed(field) && !value.is_null());
    Value::Object(body).to_string()
}
