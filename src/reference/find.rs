use std::collections::BTreeSet;

use uuid::Uuid;

use super::is_reference;
use json::{Object, Value};
use schema::{Catalog, Field, FieldPath, FieldType, KindId, Record, Takes};
use state::DeclaredId;

/// An entity that is looked at for its references, and for what stands in its fields.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// Says its name in reports.
    pub title: &'a dyn Fn() -> String,
    /// Its body, references as they are; of a foreign entity only the fields that hold them.
    pub body: &'a Object,
    /// What the plan does to it.
    pub standing: Standing,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
}

/// What a plan does to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It creates or changes it.
    Changed,
    /// It leaves it as it is.
    Unchanged,
    /// It may not touch it: the entity is another's.
    Foreign,
}

/// One place where a reference stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The kind of the entity.
    pub kind: KindId,
    /// The entity's id.
    pub id: Uuid,
    /// The entity's name in reports.
    pub title: String,
    /// The field.
    pub path: FieldPath,
    /// The reference's text.
    pub text: String,
    /// Whether the field takes references.
    pub takes: Takes,
    /// What the plan does to the entity.
    pub standing: Standing,
    /// Where the entity is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// Whether a template filled it in from the environment, wholly or in part: then nothing of it is shown, and it is
    /// sent only where a credential may be.
    pub filled: bool,
}

#[cfg(test)]
impl Use {
    /// A reference for a certificate, in an entity that has nothing else to it.
    pub fn for_certificate(text: &str, standing: Standing) -> Self {
        Self {
            kind: Catalog::recorded().find("certificates").expect("a kind"),
            id: Uuid::nil(),
            title: String::new(),
            path: FieldPath::field("cert"),
            text: text.to_owned(),
            takes: Takes::Yes,
            standing,
            declared: None,
            filled: false,
        }
    }
}

/// Every place of an entity where a text stands that Kong takes for a reference. Tags hold none. `filled` tells of a text
/// whether a template filled it in from the environment, wholly or in part.
pub fn find(catalog: &Catalog, holder: &Holder<'_>, filled: &dyn Fn(&str) -> bool) -> Vec<Use> {
    if !holder.body.values().any(holds_reference) {
        return Vec::new();
    }
    let mut found = Vec::new();
    walk_record(
        Some(&catalog.record(holder.kind, holder.body)),
        holder.body,
        &FieldPath::default(),
        &mut found,
    );
    let mut seen = BTreeSet::new();
    found.retain(|place| place.path.top() != Some("tags") && seen.insert(place.path.clone()));
    let used = |place: Placed| place.used_by(catalog, holder, filled);
    found.into_iter().map(used).collect()
}

/// A reference with the field it stands in.
struct Placed {
    path: FieldPath,
    text: String,
    referenceable: Option<bool>,
}

impl Placed {
    fn used_by(self, catalog: &Catalog, holder: &Holder<'_>, filled: &dyn Fn(&str) -> bool) -> Use {
        let Holder {
            kind,
            id,
            standing,
            declared,
            ..
        } = *holder;
        let Self {
            path,
            text,
            referenceable,
        } = self;
        Use {
            filled: filled(&text),
            kind,
            id,
            title: (holder.title)(),
            takes: catalog.takes(kind, holder.body, &path, referenceable),
            path,
            text,
            standing,
            declared,
        }
    }
}

/// Whether a value holds a reference anywhere: most do not, and need no schema.
pub fn holds_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => is_reference(text),
        Value::Array(members) => members.iter().any(holds_reference),
        Value::Object(members) => members.values().any(holds_reference),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn walk_record(record: Option<&Record>, body: &Object, at: &FieldPath, found: &mut Vec<Placed>) {
    for (name, value) in body {
        match record.and_then(|record| Some((record, record.shorthand(name)?))) {
            Some((record, shorthand)) => walk_shorthand(record, body, shorthand, (&at.name(name), value), found),
            None => walk(record.and_then(|record| record.get(name)), value, &at.name(name), found),
        }
    }
}

/// Kong puts a shorthand's value into the field it stands for, and shows both: what is found there counts once.
fn walk_shorthand(
    record: &Record,
    body: &Object,
    shorthand: &Field,
    (at, value): (&FieldPath, &Value),
    found: &mut Vec<Placed>,
) {
    let targets = shorthand.stands_for();
    let Some(target) = targets.first() else {
        return walk(Some(shorthand), value, at, found);
    };
    let (first, rest) = (
        target.first().and_then(|name| body.get(name)),
        target.get(1..).unwrap_or_default(),
    );
    let there = rest
        .iter()
        .try_fold(first.unwrap_or(&Value::Null), |value, name| value.get(name));
    if !there.is_some_and(holds_reference) {
        walk(record.inner(target), value, at, found);
    }
}

fn walk(field: Option<&Field>, value: &Value, at: &FieldPath, found: &mut Vec<Placed>) {
    let kind = field.map(|field| &field.kind);
    match value {
        Value::String(text) if is_reference(text) => {
            let referenceable = field
                .filter(|field| field.kind != FieldType::Abstract)
                .map(|field| field.referenceable);
            found.push(Placed {
                path: at.clone(),
                text: text.clone(),
                referenceable,
            });
        }
        Value::Array(members) => {
            let member = match kind {
                Some(FieldType::Array(member) | FieldType::Set(member)) => Some(member.as_ref()),
                _ => None,
            };
            for (index, value) in members.iter().enumerate() {
                walk(member, value, &at.index(index), found);
            }
        }
        Value::Object(members) => match kind {
            Some(FieldType::Map { values, .. }) => {
                for (name, value) in members {
                    walk(Some(values), value, &at.name(name), found);
                }
            }
            Some(FieldType::Record(record)) => walk_record(Some(record), members, at, found),
            _ => walk_record(None, members, at, found),
        },
        _ => {}
    }
}
