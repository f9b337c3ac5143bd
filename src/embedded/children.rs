use super::control_plane::EmbeddedControlPlane;
use super::draft::DraftOrigin;
use super::error::EmbeddedError;
use super::locate::{foreign_id, unique_endpoint_key};
use super::read::parse_stored_body;
use super::save::set_foreign_id;
use super::store::{ReadTransaction, WriteTransaction};
use json::{Object, Value};
use schema::{Catalog, ChildNamesField, KindId, SchemaViolations};

/// Which children a body names.
pub(super) enum ChildNames {
    /// The body has no such field.
    Unspecified,
    /// These and no others.
    Exactly(Vec<String>),
}

impl ChildNames {
    /// A whole entity without the field has no children.
    pub(super) fn or_empty(self) -> Self {
        match self {
            Self::Unspecified => Self::Exactly(Vec::new()),
            these => these,
        }
    }
}

/// The field by which entities of one kind refer to another kind.
pub(super) fn foreign_field_to(catalog: &Catalog, from: KindId, to: KindId) -> Option<String> {
    let foreign = &catalog.kind(from).foreign_fields;
    let link = foreign.iter().find(|foreign| foreign.kind == to && !foreign.is_list)?;
    Some(link.field.clone())
}

/// A kind's children with what leads to them.
struct ChildRelation<'c> {
    spec: &'c ChildNamesField,
    collection: &'c str,
    key: &'c str,
    foreign_field: String,
}

impl EmbeddedControlPlane {
    fn child_relation(&self, kind: KindId) -> Option<ChildRelation<'_>> {
        let names = self.catalog.kind(kind).child_names.as_ref()?;
        let child_kind = self.catalog.kind(names.kind);
        Some(ChildRelation {
            spec: names,
            collection: &child_kind.collection,
            key: unique_endpoint_key(child_kind)?,
            foreign_field: foreign_field_to(&self.catalog, names.kind, kind)?,
        })
    }

    /// The children that a body names, if the entity of that id may have children of those names.
    ///
    /// # Errors
    /// A duplicate name, an invalid one, or one of another entity's child.
    pub(super) fn read_child_names(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        id: Option<&str>,
        body: &Object,
    ) -> Result<ChildNames, EmbeddedError> {
        let Some(children) = self.child_relation(kind) else {
            return Ok(ChildNames::Unspecified);
        };
        let names = match body.get(&children.spec.field) {
            Some(Value::Null) => Vec::new(),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return Ok(ChildNames::Unspecified),
        };
        let violation = |message: String| {
            let fields = Object::from_iter([(children.spec.field.clone(), Value::from(message))]);
            EmbeddedError::Violations(SchemaViolations(fields))
        };
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                return Err(violation(format!("{name} is duplicated")));
            }
        }
        for name in &names {
            self.validate_name(children.spec.kind, children.key, name)?;
            let holder = self.parent_id_of_child(view, &children, name)?;
            if let Some(holder) = holder.filter(|holder| Some(holder.as_str()) != id) {
                let message = format!("{name} already associated with existing certificate '{holder}'");
                return Err(violation(message));
            }
        }
        Ok(ChildNames::Exactly(names))
    }

    /// The names of an entity's children, sorted.
    pub(super) fn child_names(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        id: &str,
    ) -> rusqlite::Result<Vec<String>> {
        match self.child_relation(kind) {
            Some(children) => view.linked_unique_values(children.collection, &children.foreign_field, id, children.key),
            None => Ok(Vec::new()),
        }
    }

    /// Creates the children that are named and do not exist, then removes those that exist and are not named.
    pub(super) fn save_children(
        &self,
        edit: &WriteTransaction<'_>,
        kind: KindId,
        id: &str,
        names: ChildNames,
    ) -> Result<(), EmbeddedError> {
        let (Some(children), ChildNames::Exactly(names)) = (self.child_relation(kind), names) else {
            return Ok(());
        };
        let existing = self.child_names(**edit, kind, id)?;
        for name in names.iter().filter(|name| !existing.contains(name)) {
            let mut body = Object::from_iter([(children.key.to_owned(), Value::from(name.as_str()))]);
            set_foreign_id(&mut body, &children.foreign_field, id);
            let draft = self.prepare_draft(children.spec.kind, body, DraftOrigin::FullBody)?;
            let child = uuid::Uuid::new_v4().to_string();
            self.save_entity(edit, children.spec.kind, &child, draft, ChildNames::Unspecified)?;
        }
        for name in existing.iter().filter(|name| !names.contains(name)) {
            if let Some(child) = edit.find_by_unique(children.collection, children.key, name)? {
                edit.remove(children.collection, &child)?;
            }
        }
        Ok(())
    }

    fn parent_id_of_child(
        &self,
        view: ReadTransaction<'_>,
        children: &ChildRelation<'_>,
        name: &str,
    ) -> Result<Option<String>, EmbeddedError> {
        let Some(child) = view.find_by_unique(children.collection, children.key, name)? else {
            return Ok(None);
        };
        let row = view.get(children.collection, &child, self.now())?;
        Ok(row.and_then(|row| foreign_id(&parse_stored_body(&row.body), &children.foreign_field)))
    }
}
