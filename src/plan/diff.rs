use std::borrow::Cow;

use super::draft::{FieldDiff, UpdateBody, UpdateDraft};
use super::hashed::{self, HashComparison};
use super::key::key_part;
use super::made_up::{self, GeneratedFields};
use super::pending::UnmatchedEntity;
use json::{Object, Value};
use schema::{
    Catalog, FieldPath, ForeignKeyValue, Kind, KindId, canonicalize, find_expiry_difference, is_written_canonically,
    matches_live,
};

/// What a document says of an entity, with its foreign keys found.
pub(super) struct DeclaredBody<'b> {
    /// As the document spells it.
    pub body: &'b Object,
    /// The foreign keys.
    pub foreign_keys: &'b [(&'b str, ForeignKeyValue)],
}

impl<'b> DeclaredBody<'b> {
    /// The canonical form of it.
    pub fn to_canonical(&self, catalog: &Catalog, kind: KindId) -> Object {
        let mut desired = canonicalize(catalog, kind, self.body).0;
        desired.extend(self.foreign_key_members());
        desired
    }

    /// The foreign keys, as the server shows them.
    fn foreign_key_members(&self) -> impl Iterator<Item = (String, Value)> {
        self.foreign_keys
            .iter()
            .map(|(field, held)| ((*field).to_owned(), held.to_value()))
    }

    /// The value of a field, a foreign key included, as a part of a key.
    pub fn key_part(&self, field: &str) -> Option<Cow<'b, str>> {
        let link = self.foreign_keys.iter().find(|(known, _)| *known == field);
        match link.map(|(_, held)| held) {
            Some(ForeignKeyValue::Null) => None,
            Some(ForeignKeyValue::Id(id)) => Some(Cow::Owned(id.to_string())),
            Some(several) => Some(Cow::Owned(several.to_value().to_string())),
            None => self.body.get(field).and_then(key_part),
        }
    }

    /// Whether the canonical form of a field is what is said, word for word.
    pub fn is_canonical_as_declared(&self, kind: &Kind, field: &str) -> bool {
        self.foreign_keys.iter().any(|(known, _)| *known == field)
            || is_written_canonically(&kind.record, self.body, field)
    }

    /// What is sent: what is said, and nothing else.
    pub fn to_request_body(&self) -> Object {
        let mut body = self.body.clone();
        body.extend(self.foreign_key_members());
        body
    }
}

/// Says in what an entity that stands differs from the desired one; None if in nothing.
pub(super) fn diff_entity<'a>(
    catalog: &Catalog,
    made_up: &mut GeneratedFields,
    pending: &UnmatchedEntity<'_>,
    live: &'a Object,
) -> Option<UpdateDraft<'a>> {
    if entity_matches_live(catalog, pending, live) {
        debug_assert!(
            diff_canonical(catalog, made_up, pending, live).is_none(),
            "not as shown"
        );
        return None;
    }
    diff_canonical(catalog, made_up, pending, live)
}

/// Whether the server shows what is said, as it does of most: then no canonical forms are needed.
fn entity_matches_live(catalog: &Catalog, pending: &UnmatchedEntity<'_>, live: &Object) -> bool {
    let DeclaredBody {
        body,
        foreign_keys: links,
    } = pending.declared_body();
    let kind = catalog.kind(pending.declared.kind);
    find_expiry_difference(kind, body, live).is_none()
        && matches_live(catalog, pending.declared.kind, live, body, links)
}

/// In what the canonical forms differ.
fn diff_canonical<'a>(
    catalog: &Catalog,
    made_up: &mut GeneratedFields,
    pending: &UnmatchedEntity<'_>,
    live: &'a Object,
) -> Option<UpdateDraft<'a>> {
    let (id, said) = (pending.declared.kind, pending.declared_body());
    let kind = catalog.kind(id);
    let mut desired = pending.desired(catalog).clone();
    let made_up = made_up.fields_for(catalog, id, &desired);
    let carried = made_up::preserve_live_values(&made_up, said.body, &mut desired, Some(live));
    let hash = kind
        .hashed_field
        .as_ref()
        .map(|hashed| (hashed, hashed::compare_hashed(hashed, &desired, live)));
    if let Some((hashed, HashComparison::Same | HashComparison::PlainUnknown)) = hash {
        let stored = live.get(&hashed.field).cloned().unwrap_or_default();
        desired.insert(hashed.field.clone(), stored);
    }
    let before = canonicalize(catalog, id, live).0;
    let mut fields = diff_fields(kind, &before, &desired);
    if let Some((field, before, after)) = find_expiry_difference(kind, said.body, live) {
        fields.push(FieldDiff {
            path: FieldPath::from_field(field),
            before,
            after,
        });
    }
    if fields.is_empty() {
        return None;
    }
    let unwritable = match hash {
        Some((hashed, HashComparison::PlainUnknown)) => Some(hashed.field.as_str()),
        _ => None,
    };
    let sent = if unwritable.is_some() || kind.rotation.is_some() {
        UpdateBody::Patch(patch_body(kind, &said, &desired, &carried, unwritable))
    } else {
        UpdateBody::Put(put_body(kind, &said, &carried, live))
    };
    Some(UpdateDraft {
        live,
        before,
        desired,
        request_body: sent,
        fields,
    })
}

/// The whole entity, with what the document leaves to the server as it stands.
fn put_body(kind: &Kind, said: &DeclaredBody<'_>, carried: &[(&[String], Value)], live: &Object) -> Object {
    let mut body = said.to_request_body();
    for (path, value) in carried {
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
    said: &DeclaredBody<'_>,
    desired: &Object,
    carried: &[(&[String], Value)],
    unwritable: Option<&str>,
) -> Object {
    let written = |field: &str| {
        !kind.is_server_managed(field)
            && unwritable != Some(field)
            && kind.record.get(field).is_some()
            && !carried.iter().any(|(path, _)| path.len() == 1 && path[0] == field)
    };
    let fields = desired.iter().filter(|(field, _)| written(field));
    let spelled = |field: &str, value| match said.body.get(field) {
        Some(said) if !said.is_object() => said.clone(),
        _ => Value::clone(value),
    };
    fields.map(|(field, value)| (field, spelled(field, value))).collect()
}

/// The fields in which two canonical bodies differ, those that are only the server's aside.
pub(super) fn diff_fields(kind: &Kind, before: &Object, after: &Object) -> Vec<FieldDiff> {
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

/// Equality, in which 1 and 1.0 are the same and an absent member is null.
fn is_same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_value(one, other))
        }
        (Value::Object(one), Value::Object(other)) => union_names(one, other).all(|name| {
            is_same_value(
                one.get(name).unwrap_or(&Value::Null),
                other.get(name).unwrap_or(&Value::Null),
            )
        }),
        _ => one == other,
    }
}
