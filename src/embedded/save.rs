use uuid::Uuid;

use super::admin_route::NestedCollection;
use super::children::ChildNames;
use super::control_plane::{EmbeddedControlPlane, text_response};
use super::draft::{DraftOrigin, EntityDraft};
use super::error::EmbeddedError;
use super::index::EntityIndex;
use super::locate::{foreign_id, parse_id, unique_endpoint_key};
use super::serialize::serialize_body;
use super::store::{EntityRow, ReadTransaction, WriteTransaction};
use http::Response;
use json::{Object, Value, json};
use schema::KindId;

impl EmbeddedControlPlane {
    /// `POST /services`, `POST /services/S/routes`
    pub(super) fn create(
        &self,
        kind: KindId,
        under: Option<&NestedCollection>,
        mut body: Object,
    ) -> Result<Response, EmbeddedError> {
        let names = self.store.read(|view| {
            if let Some(under) = under {
                set_foreign_id(&mut body, &under.foreign_field, &self.locate_parent(view, under)?);
            }
            self.resolve_foreign_keys(view, kind, &mut body)?;
            self.read_child_names(view, kind, None, &body)
        })?;
        let id = body_id(&body).unwrap_or_else(generate_id);
        let draft = self.prepare_draft(kind, body, DraftOrigin::FullBody)?;
        self.store.write(|edit| {
            self.remove_expired(edit, kind)?;
            if edit.get(&self.catalog.kind(kind).collection, &id, 0.0)?.is_some() {
                return Err(EmbeddedError::PrimaryKeyViolation(id.clone()));
            }
            self.check_overlaps(**edit, kind, &draft.body)?;
            let text = self.save_entity(edit, kind, &id, draft, names)?;
            Ok(text_response(201, text))
        })
    }

    /// `PUT /services/S`
    pub(super) fn replace(&self, kind: KindId, name: &str, body: Object) -> Result<Response, EmbeddedError> {
        if parse_id(name).is_none() {
            self.check_put_by_name(kind)?;
        }
        self.put_entity(kind, name, body, |view| self.locate_put_target(view, kind, name))
    }

    /// `PUT /services/S/routes/R`
    pub(super) fn replace_nested(
        &self,
        under: &NestedCollection,
        name: &str,
        mut body: Object,
    ) -> Result<Response, EmbeddedError> {
        let parent = self.store.read(|view| self.locate_parent(view, under))?;
        set_foreign_id(&mut body, &under.foreign_field, &parent);
        self.put_entity(under.kind, name, body, |view| {
            let there = match self.locate_nested(view, under, &parent, name) {
                Err(EmbeddedError::InvalidPrimaryKey(_)) => None,
                found => found?,
            };
            match there {
                Some(row) => Ok(Some(row.id)),
                None => {
                    self.check_put_creates(under.kind)?;
                    self.locate_put_target(view, under.kind, name)
                }
            }
        })
    }

    /// Stores a body in place of what `locate` finds, or as a new entity.
    fn put_entity(
        &self,
        kind: KindId,
        name: &str,
        mut body: Object,
        locate: impl Fn(ReadTransaction<'_>) -> Result<Option<String>, EmbeddedError>,
    ) -> Result<Response, EmbeddedError> {
        let sent = body_id(&body);
        self.set_identity_from_path(kind, name, &mut body);
        let (before, names) = self.store.read(|view| {
            let before = locate(view)?;
            self.resolve_foreign_keys(view, kind, &mut body)?;
            let names = self.read_child_names(view, kind, before.as_deref(), &body)?;
            Ok::<_, EmbeddedError>((before, names))
        })?;
        let draft = self.prepare_draft(kind, body, DraftOrigin::FullBody)?;
        self.store.write(|edit| {
            self.remove_expired(edit, kind)?;
            let there = if before.is_some() { before } else { locate(**edit)? };
            let id = there.or(sent).unwrap_or_else(generate_id);
            self.check_overlaps(**edit, kind, &draft.body)?;
            let text = self.save_entity(edit, kind, &id, draft, names.or_empty())?;
            Ok(text_response(200, text))
        })
    }

    /// The id that a PUT writes to: the path's, or the one of the entity that bears the path's name.
    fn locate_put_target(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        name: &str,
    ) -> Result<Option<String>, EmbeddedError> {
        match self.locate_id(view, kind, name) {
            Err(EmbeddedError::Message(404, _)) => Ok(None),
            found => found,
        }
    }

    /// The path identifies the entity, whatever the body says.
    fn set_identity_from_path(&self, kind: KindId, name: &str, body: &mut Object) {
        let described = self.catalog.kind(kind);
        if let Some(id) = parse_id(name) {
            body.insert("id", Value::from(id));
        } else if let Some(named) = &described.child_names {
            let names = body.get_or_null(&named.field);
            match names {
                Value::Array(names) if !names.iter().any(|known| known == name) => names.push(Value::from(name)),
                Value::Null => *names = Value::from(vec![name]),
                _ => {}
            }
        } else if let Some(key) = described.endpoint_key.as_ref().or(unique_endpoint_key(described)) {
            body.insert(key.clone(), Value::from(name));
        }
    }

    /// Writes a draft under that id, and the children it names. Returns the text of the answer.
    ///
    /// # Errors
    /// A value that another entity has, or a foreign key to nothing.
    pub(super) fn save_entity(
        &self,
        edit: &WriteTransaction<'_>,
        kind: KindId,
        id: &str,
        draft: EntityDraft,
        names: ChildNames,
    ) -> Result<String, EmbeddedError> {
        let collection = &self.catalog.kind(kind).collection;
        let mut body = draft.body;
        body.insert("id", Value::from(id));
        let index = EntityIndex::from_body(&self.catalog, kind, &body);
        for unique in &index.uniques {
            let holder = edit.find_by_unique(collection, &unique.fields, &unique.value)?;
            if holder.is_some_and(|holder| holder != id) {
                return Err(EmbeddedError::UniqueViolation(unique.display_fields.clone()));
            }
        }
        self.check_foreign_keys(**edit, kind, &body)?;
        let row = EntityRow {
            id: id.to_owned(),
            body: serialize_body(&body),
            expires: draft.expires,
        };
        edit.upsert(collection, &row, &index)?;
        self.save_children(edit, kind, id, names)?;
        Ok(self.render_entity(**edit, kind, row)?)
    }

    /// Every foreign key must reference an existing entity.
    fn check_foreign_keys(&self, view: ReadTransaction<'_>, kind: KindId, body: &Object) -> Result<(), EmbeddedError> {
        let foreign = &self.catalog.kind(kind).foreign_fields;
        for foreign in foreign.iter().filter(|foreign| !foreign.is_list) {
            let Some(id) = foreign_id(body, &foreign.field) else {
                continue;
            };
            let collection = &self.catalog.kind(foreign.kind).collection;
            if view.get(collection, &id, self.now())?.is_none() {
                return Err(EmbeddedError::DanglingForeignKey {
                    field: foreign.field.clone(),
                    id,
                    collection: collection.clone(),
                });
            }
        }
        Ok(())
    }

    /// Puts ids in place of foreign keys that name their entity by its endpoint key.
    pub(super) fn resolve_foreign_keys(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        body: &mut Object,
    ) -> Result<(), EmbeddedError> {
        for foreign in self
            .catalog
            .kind(kind)
            .foreign_fields
            .iter()
            .filter(|foreign| !foreign.is_list)
        {
            let target = self.catalog.kind(foreign.kind);
            let Some(key) = unique_endpoint_key(target) else {
                continue;
            };
            let Some(Value::Object(named)) = body.get(&foreign.field) else {
                continue;
            };
            let Some(name) = named.get(key).and_then(Value::as_str).filter(|_| named.len() == 1) else {
                continue;
            };
            match view.find_by_unique(&target.collection, key, name)? {
                Some(id) => set_foreign_id(body, &foreign.field, &id),
                None => {
                    return Err(EmbeddedError::UnresolvedForeignKey {
                        field: foreign.field.clone(),
                        key: named.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Expired entities free their unique values.
    pub(super) fn remove_expired(&self, edit: &WriteTransaction<'_>, kind: KindId) -> Result<(), EmbeddedError> {
        if self.catalog.kind(kind).ttl_field.is_some() {
            edit.remove_expired(self.now())?;
        }
        Ok(())
    }
}

/// Sets a foreign key.
pub(super) fn set_foreign_id(body: &mut Object, field: &str, id: &str) {
    body.insert(field, json!({ "id": id }));
}

fn body_id(body: &Object) -> Option<String> {
    parse_id(body.get("id")?.as_str()?)
}

fn generate_id() -> String {
    Uuid::new_v4().to_string()
}
