use uuid::Uuid;

use super::admin_route::NestedCollection;
use super::children::foreign_field_to;
use super::control_plane::EmbeddedControlPlane;
use super::error::EmbeddedError;
use super::index::{encode_unique_value, join_field_names};
use super::read::parse_stored_body;
use super::store::{EntityRow, ReadTransaction};
use json::{Object, Value};
use schema::{CheckPurpose, Kind, KindId, check_body};

/// An id as it is stored, if the text is one.
pub(super) fn parse_id(text: &str) -> Option<String> {
    let dashed = text.len() == 36 && [8, 13, 18, 23].iter().all(|&at| text.as_bytes()[at] == b'-');
    let id = Uuid::try_parse(text).ok().filter(|_| dashed)?;
    Some(id.hyphenated().to_string())
}

impl EmbeddedControlPlane {
    /// The entity that a path names by its id, its endpoint key or a child's name.
    pub(super) fn locate(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        name: &str,
    ) -> Result<Option<EntityRow>, EmbeddedError> {
        let collection = &self.catalog.kind(kind).collection;
        match self.locate_id(view, kind, name)? {
            Some(id) => Ok(view.get(collection, &id, self.now())?),
            None => Ok(None),
        }
    }

    /// The id of what a path names; the entity of an id need not exist.
    pub(super) fn locate_id(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        name: &str,
    ) -> Result<Option<String>, EmbeddedError> {
        if let Some(id) = parse_id(name) {
            return Ok(Some(id));
        }
        if let Some(parent) = self.locate_by_child(view, kind, name)? {
            return Ok(Some(parent));
        }
        let described = self.catalog.kind(kind);
        let key = unique_endpoint_key(described).ok_or_else(|| EmbeddedError::InvalidPrimaryKey(name.to_owned()))?;
        self.validate_name(kind, key, name)?;
        Ok(view.find_by_unique(&described.collection, key, name)?)
    }

    fn locate_by_child(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        name: &str,
    ) -> Result<Option<String>, EmbeddedError> {
        let Some(named) = &self.catalog.kind(kind).child_names else {
            return Ok(None);
        };
        let child = self.locate(view, named.kind, name)?;
        let link = foreign_field_to(&self.catalog, named.kind, kind);
        let parent = child.and_then(|child| foreign_id(&parse_stored_body(&child.body), link.as_deref()?));
        parent
            .map(Some)
            .ok_or_else(|| EmbeddedError::Message(404, named.not_found_message.clone()))
    }

    /// The id of the entity on whose path something is nested.
    pub(super) fn locate_parent(
        &self,
        view: ReadTransaction<'_>,
        under: &NestedCollection,
    ) -> Result<String, EmbeddedError> {
        let parent = self.locate(view, under.parent_kind, &under.parent_name)?;
        parent.map(|row| row.id).ok_or(EmbeddedError::NotFound)
    }

    /// The entity that a nested path names, if it refers to that parent.
    pub(super) fn locate_nested(
        &self,
        view: ReadTransaction<'_>,
        under: &NestedCollection,
        parent: &str,
        name: &str,
    ) -> Result<Option<EntityRow>, EmbeddedError> {
        let kind = self.catalog.kind(under.kind);
        let row = match composite_key(kind, &under.foreign_field).filter(|_| parse_id(name).is_none()) {
            Some(set) => {
                let values: Vec<Value> = set
                    .iter()
                    .map(|field| Value::from(if *field == under.foreign_field { parent } else { name }))
                    .collect();
                match view.find_by_unique(&kind.collection, &join_field_names(set), &encode_unique_value(&values))? {
                    Some(id) => view.get(&kind.collection, &id, self.now())?,
                    None => None,
                }
            }
            None => self.locate(view, under.kind, name)?,
        };
        Ok(
            row.filter(|row| {
                foreign_id(&parse_stored_body(&row.body), &under.foreign_field).as_deref() == Some(parent)
            }),
        )
    }

    /// The id of what an entity's field refers to.
    pub(super) fn foreign_target_id(&self, kind: KindId, name: &str, field: &str) -> Result<String, EmbeddedError> {
        self.store.read(|view| {
            let row = self.locate(view, kind, name)?.ok_or(EmbeddedError::NotFound)?;
            foreign_id(&parse_stored_body(&row.body), field).ok_or(EmbeddedError::NotFound)
        })
    }

    /// Whether a name is valid in its field.
    ///
    /// # Errors
    /// Kong's "invalid unique".
    pub(super) fn validate_name(&self, kind: KindId, field: &str, name: &str) -> Result<(), EmbeddedError> {
        let body = Object::from_iter([(field.to_owned(), Value::from(name))]);
        let found = check_body(&self.catalog, kind, &body, CheckPurpose::Store, self.now() as i64);
        match found.err().and_then(|mut violations| violations.0.remove(field)) {
            Some(Value::String(reason)) => Err(EmbeddedError::InvalidUnique {
                field: field.to_owned(),
                reason,
            }),
            _ => Ok(()),
        }
    }
}

/// The endpoint key, where it alone tells an entity from all others.
pub(super) fn unique_endpoint_key(kind: &Kind) -> Option<&String> {
    let key = kind.endpoint_key.as_ref()?;
    kind.unique_sets
        .iter()
        .any(|set| set.as_slice() == std::slice::from_ref(key))
        .then_some(key)
}

/// The set of unique fields made of the endpoint key and the field that refers to the parent.
fn composite_key<'k>(kind: &'k Kind, field: &str) -> Option<&'k Vec<String>> {
    let key = kind.endpoint_key.as_ref()?;
    let pair = |set: &&Vec<String>| set.len() == 2 && set.contains(key) && set.iter().any(|member| member == field);
    kind.unique_sets.iter().find(pair)
}

/// The id that a foreign field of a body holds.
pub(super) fn foreign_id(body: &Object, field: &str) -> Option<String> {
    Some(body.get(field)?.get("id")?.as_str()?.to_owned())
}
