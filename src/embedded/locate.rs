use uuid::Uuid;

use super::children::link_to;
use super::control_plane::ControlPlane;
use super::index::{fields_of, value_of};
use super::place::Under;
use super::refusal::Refusal;
use super::show::parsed;
use super::store::{Row, View};
use json::{Object, Value};
use schema::{Kind, KindId, Purpose, check};

/// An id as it is stored, if the text is one.
pub(super) fn id_of(text: &str) -> Option<String> {
    let dashed = text.len() == 36 && [8, 13, 18, 23].iter().all(|&at| text.as_bytes()[at] == b'-');
    let id = Uuid::try_parse(text).ok().filter(|_| dashed)?;
    Some(id.hyphenated().to_string())
}

impl ControlPlane {
    /// The entity that a path names by its id, its endpoint key or a child's name.
    pub(super) fn locate(&self, view: View<'_>, kind: KindId, name: &str) -> Result<Option<Row>, Refusal> {
        let collection = &self.catalog.kind(kind).collection;
        match self.locate_id(view, kind, name)? {
            Some(id) => Ok(view.get(collection, &id, self.now())?),
            None => Ok(None),
        }
    }

    /// The id of what a path names; an id needs not exist.
    pub(super) fn locate_id(&self, view: View<'_>, kind: KindId, name: &str) -> Result<Option<String>, Refusal> {
        if let Some(id) = id_of(name) {
            return Ok(Some(id));
        }
        if let Some(parent) = self.locate_by_child(view, kind, name)? {
            return Ok(Some(parent));
        }
        let described = self.catalog.kind(kind);
        let key = unique_endpoint_key(described).ok_or_else(|| Refusal::InvalidPrimaryKey(name.to_owned()))?;
        self.check_name(kind, key, name)?;
        Ok(view.find(&described.collection, key, name)?)
    }

    fn locate_by_child(&self, view: View<'_>, kind: KindId, name: &str) -> Result<Option<String>, Refusal> {
        let Some(named) = &self.catalog.kind(kind).names_children else {
            return Ok(None);
        };
        let child = self.locate(view, named.kind, name)?;
        let link = link_to(&self.catalog, named.kind, kind);
        let parent = child.and_then(|child| linked_id(&parsed(&child.body), link.as_deref()?));
        parent
            .map(Some)
            .ok_or_else(|| Refusal::Plain(404, named.unknown.clone()))
    }

    /// The id of the entity on whose path something is nested.
    pub(super) fn locate_parent(&self, view: View<'_>, under: &Under) -> Result<String, Refusal> {
        let parent = self.locate(view, under.parent, &under.name)?;
        parent.map(|row| row.id).ok_or(Refusal::NotFound)
    }

    /// The entity that a nested path names, if it refers to that parent.
    pub(super) fn locate_under(
        &self,
        view: View<'_>,
        under: &Under,
        parent: &str,
        name: &str,
    ) -> Result<Option<Row>, Refusal> {
        let kind = self.catalog.kind(under.kind);
        let row = match shared_key(kind, &under.field).filter(|_| id_of(name).is_none()) {
            Some(set) => {
                let values: Vec<Value> = set
                    .iter()
                    .map(|field| Value::from(if *field == under.field { parent } else { name }))
                    .collect();
                match view.find(&kind.collection, &fields_of(set), &value_of(&values))? {
                    Some(id) => view.get(&kind.collection, &id, self.now())?,
                    None => None,
                }
            }
            None => self.locate(view, under.kind, name)?,
        };
        Ok(row.filter(|row| linked_id(&parsed(&row.body), &under.field).as_deref() == Some(parent)))
    }

    /// The id of what an entity's field refers to.
    pub(super) fn target_of(&self, kind: KindId, name: &str, field: &str) -> Result<String, Refusal> {
        self.store.read(|view| {
            let row = self.locate(view, kind, name)?.ok_or(Refusal::NotFound)?;
            linked_id(&parsed(&row.body), field).ok_or(Refusal::NotFound)
        })
    }

    /// Whether a name may stand in its field at all.
    ///
    /// # Errors
    /// Kong's "invalid unique".
    pub(super) fn check_name(&self, kind: KindId, field: &str, name: &str) -> Result<(), Refusal> {
        let body = Object::from_iter([(field.to_owned(), Value::from(name))]);
        let found = check(&self.catalog, kind, &body, Purpose::Store, self.now() as i64);
        match found.err().and_then(|mut violations| violations.0.remove(field)) {
            Some(Value::String(why)) => Err(Refusal::InvalidUnique {
                field: field.to_owned(),
                why,
            }),
            _ => Ok(()),
        }
    }
}

/// The endpoint key, where it alone tells an entity from all others.
pub(super) fn unique_endpoint_key(kind: &Kind) -> Option<&String> {
    let key = kind.endpoint_key.as_ref()?;
    kind.unique
        .iter()
        .any(|set| set.as_slice() == std::slice::from_ref(key))
        .then_some(key)
}

/// The set of unique fields made of the endpoint key and the field that refers to the parent.
fn shared_key<'k>(kind: &'k Kind, field: &str) -> Option<&'k Vec<String>> {
    let key = kind.endpoint_key.as_ref()?;
    let pair = |set: &&Vec<String>| set.len() == 2 && set.contains(key) && set.iter().any(|member| member == field);
    kind.unique.iter().find(pair)
}

/// The id that a foreign field of a body holds.
pub(super) fn linked_id(body: &Object, field: &str) -> Option<String> {
    Some(body.get(field)?.get("id")?.as_str()?.to_owned())
}
