use std::collections::BTreeSet;

use uuid::Uuid;

use super::is_reference;
use json::{Object, Value};
use schema::{BodyPart, Catalog, FieldPath, FieldType, KindId, Referenceability};
use state::DeclaredId;

/// An entity that is looked at for its references, and for what stands in its fields.
#[derive(Clone, Copy)]
pub struct EntityView<'a> {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// Says its name in reports.
    pub title: &'a dyn Fn() -> String,
    /// Its body, references as they are; of a foreign entity only the fields that hold them.
    pub body: &'a Object,
    /// What the plan does to it.
    pub change_state: ChangeState,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
}

/// What a plan does to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeState {
    /// It creates or changes it.
    Changed,
    /// It leaves it as it is.
    Unchanged,
    /// It may not touch it: the entity is another's.
    Foreign,
}

/// One place where a reference stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceSite {
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
    pub referenceable: Referenceability,
    /// What the plan does to the entity.
    pub change_state: ChangeState,
    /// Where the entity is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// Whether a template filled it in from the environment, wholly or in part: then nothing of it is shown, and it is
    /// sent only where a credential may be.
    pub is_templated: bool,
}

#[cfg(test)]
impl ReferenceSite {
    /// A reference for a certificate, in an entity that has nothing else to it.
    pub fn in_certificate(text: &str, change_state: ChangeState) -> Self {
        Self {
            kind: Catalog::recorded().find_kind("certificates").expect("a kind"),
            id: Uuid::nil(),
            title: String::new(),
            path: FieldPath::from_field("cert"),
            text: text.to_owned(),
            referenceable: Referenceability::Yes,
            change_state,
            declared: None,
            is_templated: false,
        }
    }
}

/// Every place of an entity where a text stands that Kong takes for a reference. Tags hold none. `filled` tells of a text
/// whether a template filled it in from the environment, wholly or in part.
pub fn find_references(
    catalog: &Catalog,
    holder: &EntityView<'_>,
    filled: &dyn Fn(&str) -> bool,
) -> Vec<ReferenceSite> {
    if !holder.body.values().any(contains_reference) {
        return Vec::new();
    }
    let mut found = Vec::new();
    catalog.record(holder.kind, holder.body).walk(holder.body, &mut |part| {
        found.extend(FoundReference::from_part(part));
        !is_shown_twice(part)
    });
    let mut seen = BTreeSet::new();
    found.retain(|place| place.path.top_field() != Some("tags") && seen.insert(place.path.clone()));
    let used = |place: FoundReference| place.into_site(catalog, holder, filled);
    found.into_iter().map(used).collect()
}

/// A reference with the field it stands in.
struct FoundReference {
    path: FieldPath,
    text: String,
    referenceable: Option<bool>,
}

impl FoundReference {
    fn from_part(part: BodyPart<'_, '_, '_>) -> Option<Self> {
        let text = part.value.as_str().filter(|text| is_reference(text))?;
        let described = part.field.filter(|field| field.field_type != FieldType::Abstract);
        (!is_shown_twice(part)).then(|| Self {
            path: FieldPath::from_steps(part.path),
            text: text.to_owned(),
            referenceable: described.map(|field| field.referenceable),
        })
    }

    fn into_site(self, catalog: &Catalog, holder: &EntityView<'_>, filled: &dyn Fn(&str) -> bool) -> ReferenceSite {
        let EntityView {
            kind,
            id,
            change_state: standing,
            declared,
            ..
        } = *holder;
        let Self {
            path,
            text,
            referenceable,
        } = self;
        ReferenceSite {
            is_templated: filled(&text),
            kind,
            id,
            title: (holder.title)(),
            referenceable: catalog.referenceability(kind, holder.body, &path, referenceable),
            path,
            text,
            change_state: standing,
            declared,
        }
    }
}

/// Whether a value holds a reference anywhere: most do not, and need no schema.
pub fn contains_reference(value: &Value) -> bool {
    match value {
        Value::String(text) => is_reference(text),
        Value::Array(members) => members.iter().any(contains_reference),
        Value::Object(members) => members.values().any(contains_reference),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a shorthand's value stands in the field that it stands for as well: Kong puts it there, and shows both. What is
/// found there counts once.
fn is_shown_twice(part: BodyPart<'_, '_, '_>) -> bool {
    part.shorthand.is_some_and(|shorthand| {
        let target = shorthand.targets.first().and_then(|path| shorthand.body.get_path(path));
        target.is_some_and(contains_reference)
    })
}
