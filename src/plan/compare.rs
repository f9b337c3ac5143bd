use std::borrow::Cow;

use super::draft::{Differing, Sent, Update};
use super::hashed::{self, HashedValue};
use super::key::text_of;
use super::made_up::{self, MadeUp};
use super::pending::Pending;
use json::{Object, Value};
use schema::{Catalog, FieldPath, ForeignKeyValue, Kind, KindId, canonicalize, is_written_canonically, matches_live};

/// What a document says of an entity, with its foreign keys found.
pub(super) struct Said<'b> {
    /// As the document spells it.
    pub body: &'b Object,
    /// The foreign keys.
    pub links: &'b [(&'b str, ForeignKeyValue)],
}

impl<'b> Said<'b> {
    /// The canonical form of it.
    pub fn canonical(&self, catalog: &Catalog, kind: KindId) -> Object {
        let mut desired = canonicalize(catalog, kind, self.body).0;
        desired.extend(self.shown_links());
        desired
    }

    /// The foreign keys, as the server shows them.
    fn shown_links(&self) -> impl Iterator<Item = (String, Value)> {
        self.links
            .iter()
            .map(|(field, held)| ((*field).to_owned(), held.to_value()))
    }

    /// The value of a field, a foreign key included, as a part of a key.
    pub fn text(&self, field: &str) -> Option<Cow<'b, str>> {
        let link = self.links.iter().find(|(known, _)| *known == field);
        match link.map(|(_, held)| held) {
            Some(ForeignKeyValue::Null) => None,
            Some(ForeignKeyValue::Id(id)) => Some(Cow::Owned(id.to_string())),
            Some(several) => Some(Cow::Owned(several.to_value().to_string())),
            None => self.body.get(field).and_then(text_of),
        }
    }

    /// Whether the canonical form of a field is what is said, word for word.
    pub fn is_compared_as_said(&self, kind: &Kind, field: &str) -> bool {
        self.links.iter().any(|(known, _)| *known == field) || is_written_canonically(&kind.record, self.body, field)
    }

    /// What is sent: what is said, and nothing else.
    pub fn to_send(&self) -> Object {
        let mut body = self.body.clone();
        body.extend(self.shown_links());
        body
    }
}

/// Says in what an entity that stands differs from the desired one; None if in nothing.
pub(super) fn compare<'a>(
    catalog: &Catalog,
    made_up: &mut MadeUp,
    pending: &Pending<'_>,
    live: &'a Object,
) -> Option<Update<'a>> {
    if is_shown(catalog, pending, live) {
        debug_assert!(difference(catalog, made_up, pending, live).is_none(), "not as shown");
        return None;
    }
    difference(catalog, made_up, pending, live)
}

/// Whether the server shows what is said, as it does of most: then no canonical forms are needed.
fn is_shown(catalog: &Catalog, pending: &Pending<'_>, live: &Object) -> bool {
    let Said { body, links } = pending.said();
    matches_live(catalog, pending.declared.kind, live, body, links)
}

/// In what the canonical forms differ.
fn difference<'a>(
    catalog: &Catalog,
    made_up: &mut MadeUp,
    pending: &Pending<'_>,
    live: &'a Object,
) -> Option<Update<'a>> {
    let (id, said) = (pending.declared.kind, pending.said());
    let kind = catalog.kind(id);
    let mut desired = pending.desired(catalog).clone();
    let made_up = made_up.of(catalog, id, &desired);
    let carried = made_up::carry(&made_up, said.body, &mut desired, Some(live));
    let hash = kind
        .hashed_field
        .as_ref()
        .map(|hashed| (hashed, hashed::compare(hashed, &desired, live)));
    if let Some((hashed, HashedValue::Same | HashedValue::Unknown)) = hash {
        let stored = live.get(&hashed.field).cloned().unwrap_or_default();
        desired.insert(hashed.field.clone(), stored);
    }
    let before = canonicalize(catalog, id, live).0;
    let fields = differing(kind, &before, &desired);
    if fields.is_empty() {
        return None;
    }
    let unwritable = match hash {
        Some((hashed, HashedValue::Unknown)) => Some(hashed.field.as_str()),
        _ => None,
    };
    let sent = if unwritable.is_some() || kind.rotation.is_some() {
        Sent::Patch(patch(kind, &said, &desired, &carried, unwritable))
    } else {
        Sent::Put(put(kind, &said, &carried, live))
    };
    Some(Update {
        live,
        before,
        desired,
        sent,
        fields,
    })
}

/// The whole entity, with what the document leaves to the server as it stands.
fn put(kind: &Kind, said: &Said<'_>, carried: &[(&[String], Value)], live: &Object) -> Object {
    let mut body = said.to_send();
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
fn patch(
    kind: &Kind,
    said: &Said<'_>,
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
pub(super) fn differing(kind: &Kind, before: &Object, after: &Object) -> Vec<Differing> {
    let mut found = Vec::new();
    let path = FieldPath::default();
    for name in names(before, after).filter(|name| !kind.is_server_managed(name)) {
        walk(&path, name, before.get(name), after.get(name), &mut found);
    }
    found
}

fn walk(at: &FieldPath, name: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Differing>) {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    if same(before, after) {
        return;
    }
    let at = at.with_name(name);
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for name in names(before, after) {
                walk(&at, name, before.get(name), after.get(name), found);
            }
        }
        _ => found.push(Differing {
            path: at,
            before: before.clone(),
            after: after.clone(),
        }),
    }
}

fn names<'o>(before: &'o Object, after: &'o Object) -> impl Iterator<Item = &'o str> {
    let new = after.keys().filter(|name| !before.contains_key(name));
    before.keys().chain(new)
}

/// Equality, in which 1 and 1.0 are the same and an absent member is null.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => names(one, other).all(|name| {
            same(
                one.get(name).unwrap_or(&Value::Null),
                other.get(name).unwrap_or(&Value::Null),
            )
        }),
        _ => one == other,
    }
}
