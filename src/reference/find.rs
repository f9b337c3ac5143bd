use std::collections::BTreeSet;

use super::texts::any_text;
use super::{EntityRef, EntityView, is_reference};
use json::{Object, Value};
use schema::{Catalog, Field, FieldPath, FieldType, Record, Referenceability};

/// One place where a reference stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceSite {
    /// The entity.
    pub entity: EntityRef,
    /// The field.
    pub path: FieldPath,
    /// The reference's text.
    pub text: String,
    /// Whether the field takes references.
    pub referenceable: Referenceability,
    /// Whether a template filled it in from the environment, wholly or in part: then nothing of it is shown, and it is
    /// sent only where a credential may be.
    pub is_templated: bool,
}

#[cfg(test)]
impl ReferenceSite {
    /// A reference for a certificate, in an entity without a name.
    pub(crate) fn in_certificate(text: &str, change_state: super::ChangeState) -> Self {
        Self {
            entity: EntityRef {
                kind: Catalog::recorded().find_kind("certificates").expect("a kind"),
                id: uuid::Uuid::nil(),
                title: String::new(),
                change_state,
                declared: None,
            },
            path: FieldPath::from_field("cert"),
            text: text.to_owned(),
            referenceable: Referenceability::Yes,
            is_templated: false,
        }
    }
}

/// Every place of an entity where a text stands that Kong takes for a reference. Tags hold none. `is_templated` says of a
/// text whether a template filled it in from the environment, wholly or in part.
pub fn find_references(
    catalog: &Catalog,
    entity: &EntityView<'_>,
    is_templated: &dyn Fn(&str) -> bool,
) -> Vec<ReferenceSite> {
    if !entity.body.values().any(contains_reference) {
        return Vec::new();
    }
    let mut found = Vec::new();
    walk_record(
        Some(&catalog.record(entity.kind, entity.body)),
        entity.body,
        &FieldPath::default(),
        &mut found,
    );
    let mut seen = BTreeSet::new();
    found.retain(|reference| reference.path.top_field() != Some("tags") && seen.insert(reference.path.clone()));
    let into_site = |reference: FoundReference| reference.into_site(catalog, entity, is_templated);
    found.into_iter().map(into_site).collect()
}

/// A reference with the field it stands in.
struct FoundReference {
    path: FieldPath,
    text: String,
    referenceable: Option<bool>,
}

impl FoundReference {
    fn into_site(
        self,
        catalog: &Catalog,
        entity: &EntityView<'_>,
        is_templated: &dyn Fn(&str) -> bool,
    ) -> ReferenceSite {
        let Self {
            path,
            text,
            referenceable,
        } = self;
        ReferenceSite {
            entity: entity.to_ref(),
            referenceable: catalog.referenceability(entity.kind, entity.body, &path, referenceable),
            is_templated: is_templated(&text),
            path,
            text,
        }
    }
}

/// Whether a value holds a reference anywhere: most do not, and need no schema.
pub fn contains_reference(value: &Value) -> bool {
    any_text(value, |text| is_reference(text))
}

fn walk_record(record: Option<&Record>, body: &Object, path: &FieldPath, found: &mut Vec<FoundReference>) {
    for (name, value) in body {
        let path = path.with_name(name);
        match record.and_then(|record| Some((record, record.shorthand(name)?))) {
            Some((record, shorthand)) => walk_shorthand(record, body, shorthand, (&path, value), found),
            None => walk_value(record.and_then(|record| record.get(name)), value, &path, found),
        }
    }
}

/// Kong puts a shorthand's value into the field it stands for, and shows both: what is found there counts once.
fn walk_shorthand(
    record: &Record,
    body: &Object,
    shorthand: &Field,
    (path, value): (&FieldPath, &Value),
    found: &mut Vec<FoundReference>,
) {
    let targets = shorthand.shorthand_targets();
    let Some(target) = targets.first() else {
        return walk_value(Some(shorthand), value, path, found);
    };
    let (first, rest) = (
        target.first().and_then(|name| body.get(name)),
        target.get(1..).unwrap_or_default(),
    );
    let target_value = rest
        .iter()
        .try_fold(first.unwrap_or(&Value::Null), |value, name| value.get(name));
    if !target_value.is_some_and(contains_reference) {
        walk_value(record.nested_field(target), value, path, found);
    }
}

fn walk_value(field: Option<&Field>, value: &Value, path: &FieldPath, found: &mut Vec<FoundReference>) {
    let field_type = field.map(|field| &field.field_type);
    match value {
        Value::String(text) if is_reference(text) => {
            let referenceable = field
                .filter(|field| field.field_type != FieldType::Abstract)
                .map(|field| field.referenceable);
            found.push(FoundReference {
                path: path.clone(),
                text: text.clone(),
                referenceable,
            });
        }
        Value::Array(members) => {
            let member = match field_type {
                Some(FieldType::Array(member) | FieldType::Set(member)) => Some(member.as_ref()),
                _ => None,
            };
            for (index, value) in members.iter().enumerate() {
                walk_value(member, value, &path.with_index(index), found);
            }
        }
        Value::Object(members) => match field_type {
            Some(FieldType::Map { values, .. }) => {
                for (name, value) in members {
                    walk_value(Some(values), value, &path.with_name(name), found);
                }
            }
            Some(FieldType::Record(record)) => walk_record(Some(record), members, path, found),
            _ => walk_record(None, members, path, found),
        },
        _ => {}
    }
}
