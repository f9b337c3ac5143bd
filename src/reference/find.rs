use std::collections::BTreeSet;

use super::texts::any_text;
use super::{EntityRef, EntityView, is_reference};
use json::Value;
use schema::{BodyPart, Catalog, FieldPath, FieldType, Referenceability};

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
    catalog.record(entity.kind, entity.body).walk(entity.body, &mut |part| {
        found.extend(FoundReference::from_part(part));
        !is_shown_twice(part)
    });
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
    fn from_part(part: BodyPart<'_, '_, '_>) -> Option<Self> {
        let text = part.value.as_str().filter(|text| is_reference(text))?;
        let described = part.field.filter(|field| field.field_type != FieldType::Abstract);
        (!is_shown_twice(part)).then(|| Self {
            path: FieldPath::from_steps(part.path),
            text: text.to_owned(),
            referenceable: described.map(|field| field.referenceable),
        })
    }

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

/// Whether a shorthand's value stands in the field that it stands for as well: Kong puts it there, and shows both. What is
/// found there counts once.
fn is_shown_twice(part: BodyPart<'_, '_, '_>) -> bool {
    part.shorthand.is_some_and(|shorthand| {
        let target = shorthand.targets.first().and_then(|path| shorthand.body.get_path(path));
        target.is_some_and(contains_reference)
    })
}
