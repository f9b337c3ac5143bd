use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::UnmatchedEntity;
use crate::PlanInput;
use crate::diff::{GeneratedField, GeneratedFields, diff_entity};
use crate::key::key_from_body;
use crate::live_index::{LiveIndex, LiveRef};
use json::{Object, Value};
use schema::{Kind, KindId, canonicalize};
use state::DesiredState;

/// Says for each unmatched entity that has no natural key which live one equals it (by its place), each once.
pub(super) fn match_equal<'a>(
    input: &PlanInput<'a>,
    live: &LiveIndex<'a>,
    generated: &mut GeneratedFields,
    kind: KindId,
    unmatched: &[UnmatchedEntity<'a>],
    is_free: impl Fn(&LiveRef<'a>) -> bool,
) -> Vec<Option<usize>> {
    let (catalog, description) = (input.catalog, input.catalog.kind(kind));
    let is_nameless = |body: &Object| {
        description
            .identity
            .iter()
            .all(|fields| key_from_body(description, fields, body).is_none())
    };
    if !unmatched.iter().any(|entity| is_nameless(entity.desired(catalog))) {
        return vec![None; unmatched.len()];
    }
    let declared_keys = declared_natural_keys(input, kind);
    let is_free = |entity: &LiveRef<'a>| {
        let mut keys = description.identity.iter().enumerate();
        is_free(entity)
            && !keys.any(|(at, fields)| {
                key_from_body(description, fields, entity.body).is_some_and(|key| declared_keys.contains(&(at, key)))
            })
    };
    let mut equal: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, entity) in live.enumerate_kind(kind).filter(|(_, entity)| is_free(entity)) {
        let body = canonicalize(catalog, kind, entity.body).0;
        let generated_fields = generated.fields_for(catalog, kind, &body);
        equal
            .entry(normalized_body_text(description, &generated_fields, body))
            .or_default()
            .push(at);
    }
    for candidates in equal.values_mut() {
        candidates.sort_by_key(|at| live.entities[*at].id);
    }
    let mut find = |entity: &UnmatchedEntity<'a>| {
        if !is_nameless(entity.desired(catalog)) || entity.has_dangling_link {
            return None;
        }
        let desired = entity.desired(catalog);
        let generated_fields = generated.fields_for(catalog, kind, desired);
        let candidates = equal.get_mut(&normalized_body_text(description, &generated_fields, desired.clone()))?;
        let fits = |at: &usize| diff_entity(catalog, generated, entity, live.entities[*at].body).is_none();
        let at = candidates.iter().position(fits)?;
        Some(candidates.remove(at))
    };
    unmatched.iter().map(&mut find).collect()
}

/// The natural keys that the documents say: what has one of them is another entity, and gives the key up.
fn declared_natural_keys<'a>(input: &PlanInput<'a>, id: KindId) -> FxHashSet<(usize, Cow<'a, str>)> {
    let desired: &'a DesiredState = input.desired;
    let kind = input.catalog.kind(id);
    let bodies = desired
        .entities
        .iter()
        .filter(|declared| declared.kind == id)
        .map(|declared| declared.body.expose());
    let keys = bodies.flat_map(|body| {
        let field_sets = kind.identity.iter().enumerate();
        field_sets.filter_map(move |(at, fields)| Some((at, key_from_body(kind, fields, body)?)))
    });
    keys.collect()
}

/// The fields that two equal entities share whatever the server generated, as text.
fn normalized_body_text(kind: &Kind, generated: &[GeneratedField], mut body: Object) -> String {
    for field in generated {
        if let Some(value) = body.get_path_mut(&field.path) {
            *value = Value::Null;
        }
    }
    if let Some(hashed) = &kind.hashed_field {
        body.remove(&hashed.field);
    }
    body.retain(|field, value| !kind.is_server_managed(field) && !value.is_null());
    Value::Object(body).to_string()
}
