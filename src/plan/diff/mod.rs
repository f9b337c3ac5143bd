//! In what a declared entity and the live one differ.

mod generated;
mod hashed;

use crate::PlanInput;
use crate::draft::{ChangeDraft, DraftAction, FieldDiff, UpdateBody};
use crate::error::hash_only_error;
use crate::matching::{EntityMatches, MatchedEntity, UnmatchedEntity};
use generated::preserve_live_values;
use hashed::{HashComparison, compare_hashed, hashed_twice_warning};
use json::parallel::par_map_chunks;
use json::{Object, PREFETCH_BATCH, Value, prefetch};
use schema::{Catalog, FieldPath, Kind, canonicalize, find_expiry_difference, matches_live};

pub(crate) use generated::{GeneratedField, GeneratedFields};
pub(crate) use hashed::note_unverifiable_hash;

/// Compares what is declared with what is live, on all cores, and drafts what is to be created or updated.
pub(crate) fn diff_matches<'a>(input: &PlanInput<'a>, matches: &mut EntityMatches<'a>) -> Vec<ChangeDraft<'a>> {
    let catalog = input.catalog;
    let drafts = par_map_chunks(&mut matches.matched, |chunk| {
        let mut generated = GeneratedFields::default();
        let mut drafts = Vec::new();
        for batch in chunk.chunks_mut(PREFETCH_BATCH) {
            let live = batch.iter().filter_map(|matched| matched.live);
            prefetch(live.chain(batch.iter().map(|matched| matched.entity.body())));
            let changed = batch
                .iter_mut()
                .filter_map(|matched| draft_change(catalog, matched, &mut generated));
            drafts.extend(changed);
        }
        drafts
    });
    let drafts: Vec<ChangeDraft<'a>> = drafts.into_iter().flatten().collect();
    for draft in &drafts {
        check_hashed_field(input, draft, matches);
    }
    drafts
}

/// What is to be done for a matched entity, if anything is.
fn draft_change<'a>(
    catalog: &Catalog,
    matched: &mut MatchedEntity<'a>,
    generated: &mut GeneratedFields,
) -> Option<ChangeDraft<'a>> {
    let declared = matched.entity.declared;
    let action = match matched.live {
        Some(live) => diff_entity(catalog, generated, &matched.entity, live)?,
        None => draft_create(catalog, matched, generated),
    };
    Some(ChangeDraft {
        kind: declared.kind,
        id: matched.id,
        declared: Some(matched.entity.declared_id),
        scope: declared.scope,
        action,
    })
}

fn draft_create<'a>(
    catalog: &Catalog,
    matched: &mut MatchedEntity<'a>,
    generated: &mut GeneratedFields,
) -> DraftAction<'a> {
    let mut request_body = matched.entity.to_request_body();
    request_body.insert("id", Value::from(matched.id.to_string()));
    let mut desired = matched.entity.take_desired(catalog);
    let generated = generated.fields_for(catalog, matched.entity.declared.kind, &desired);
    preserve_live_values(&generated, matched.entity.body(), &mut desired, None);
    DraftAction::Create { desired, request_body }
}

/// Reports a stored hash that a draft would lose, or hash once more.
fn check_hashed_field(input: &PlanInput<'_>, draft: &ChangeDraft<'_>, matches: &mut EntityMatches<'_>) {
    let Some(declared) = draft.declared.map(|at| input.desired.entity(at)) else {
        return;
    };
    let kind = input.catalog.kind(draft.kind);
    let is_whole = match &draft.action {
        DraftAction::Update {
            request_body, fields, ..
        } => {
            let error = hash_only_error(kind, request_body, fields, declared);
            matches.errors.extend(error);
            matches!(request_body, UpdateBody::Put(_))
        }
        DraftAction::Create { .. } | DraftAction::Delete { .. } => true,
    };
    if is_whole {
        matches.diagnostics.extend(hashed_twice_warning(kind, declared));
    }
}

/// Says in what an entity that is live differs from the declared one; None if in nothing.
pub(crate) fn diff_entity<'a>(
    catalog: &Catalog,
    generated: &mut GeneratedFields,
    entity: &UnmatchedEntity<'_>,
    live: &'a Object,
) -> Option<DraftAction<'a>> {
    if entity_matches_live(catalog, entity, live) {
        debug_assert!(
            diff_canonical(catalog, generated, entity, live).is_none(),
            "not as shown"
        );
        return None;
    }
    diff_canonical(catalog, generated, entity, live)
}

/// The fast path: whether the server shows what is declared, as it does of most. Then no canonical forms are needed.
fn entity_matches_live(catalog: &Catalog, entity: &UnmatchedEntity<'_>, live: &Object) -> bool {
    let kind = catalog.kind(entity.declared.kind);
    find_expiry_difference(kind, entity.body(), live).is_none()
        && matches_live(catalog, entity.declared.kind, live, entity.body(), &entity.foreign_keys)
}

/// In what the canonical forms differ.
fn diff_canonical<'a>(
    catalog: &Catalog,
    generated: &mut GeneratedFields,
    entity: &UnmatchedEntity<'_>,
    live: &'a Object,
) -> Option<DraftAction<'a>> {
    let id = entity.declared.kind;
    let kind = catalog.kind(id);
    let mut desired = entity.desired(catalog).clone();
    let generated = generated.fields_for(catalog, id, &desired);
    let preserved = preserve_live_values(&generated, entity.body(), &mut desired, Some(live));
    let hash = kind
        .hashed_field
        .as_ref()
        .map(|hashed| (hashed, compare_hashed(hashed, &desired, live)));
    if let Some((hashed, HashComparison::Same | HashComparison::PlainUnknown)) = hash {
        let stored = live.get(&hashed.field).cloned().unwrap_or_default();
        desired.insert(hashed.field.clone(), stored);
    }
    let before = canonicalize(catalog, id, live).0;
    let mut fields = diff_fields(kind, &before, &desired);
    if let Some((field, before, after)) = find_expiry_difference(kind, entity.body(), live) {
        let path = FieldPath::from_field(field);
        fields.push(FieldDiff { path, before, after });
    }
    if fields.is_empty() {
        return None;
    }
    let unwritable = match hash {
        Some((hashed, HashComparison::PlainUnknown)) => Some(hashed.field.as_str()),
        _ => None,
    };
    let request_body = if unwritable.is_some() || kind.rotation.is_some() {
        UpdateBody::Patch(patch_body(kind, entity.body(), &desired, &preserved, unwritable))
    } else {
        UpdateBody::Put(put_body(kind, entity, &preserved, live))
    };
    Some(DraftAction::Update {
        live,
        before,
        desired,
        request_body,
        fields,
    })
}

/// The whole entity, with what the document leaves to the server as it is.
fn put_body(kind: &Kind, entity: &UnmatchedEntity<'_>, preserved: &[(&[String], Value)], live: &Object) -> Object {
    let mut body = entity.to_request_body();
    for (path, value) in preserved {
        body.put_path(*path, value.clone());
    }
    for field in &kind.preserved {
        if let Some(value) = live.get(field) {
            body.insert(field.clone(), value.clone());
        }
    }
    body
}

/// Every field that may be written, as the document spells it; what is undeclared becomes what it would be in a new
/// entity. Records are written whole, since the server merges them.
fn patch_body(
    kind: &Kind,
    declared: &Object,
    desired: &Object,
    preserved: &[(&[String], Value)],
    unwritable: Option<&str>,
) -> Object {
    let is_written = |field: &str| {
        !kind.is_server_managed(field)
            && unwritable != Some(field)
            && kind.record.get(field).is_some()
            && !preserved.iter().any(|(path, _)| path.len() == 1 && path[0] == field)
    };
    let fields = desired.iter().filter(|(field, _)| is_written(field));
    let spelled = |field: &str, value| match declared.get(field) {
        Some(declared) if !declared.is_object() => declared.clone(),
        _ => Value::clone(value),
    };
    fields.map(|(field, value)| (field, spelled(field, value))).collect()
}

/// The fields in which two canonical bodies differ, those that are only the server's aside.
pub(crate) fn diff_fields(kind: &Kind, before: &Object, after: &Object) -> Vec<FieldDiff> {
    let mut found = Vec::new();
    let path = FieldPath::default();
    for name in union_names(before, after).filter(|name| !kind.is_server_managed(name)) {
        diff_value(&path, name, before.get(name), after.get(name), &mut found);
    }
    found
}

fn diff_value(at: &FieldPath, name: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<FieldDiff>) {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    if is_same_value(before, after) {
        return;
    }
    let at = at.with_name(name);
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for name in union_names(before, after) {
                diff_value(&at, name, before.get(name), after.get(name), found);
            }
        }
        _ => found.push(FieldDiff {
            path: at,
            before: before.clone(),
            after: after.clone(),
        }),
    }
}

fn union_names<'o>(before: &'o Object, after: &'o Object) -> impl Iterator<Item = &'o str> {
    let new = after.keys().filter(|name| !before.contains_key(name));
    before.keys().chain(new)
}

/// Equality in which 1 and 1.0 are the same, and an absent member is null.
fn is_same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same_value(left, right))
        }
        (Value::Object(left), Value::Object(right)) => union_names(left, right).all(|name| {
            is_same_value(
                left.get(name).unwrap_or(&Value::Null),
                right.get(name).unwrap_or(&Value::Null),
            )
        }),
        _ => left == right,
    }
}
