use uuid::Uuid;

use super::children::Names;
use super::control_plane::{ControlPlane, text_response};
use super::draft::{Draft, Made};
use super::index::Index;
use super::locate::{id_of, linked_id, unique_endpoint_key};
use super::place::Under;
use super::refusal::Refusal;
use super::store::{Edit, Row, View};
use super::text::text;
use control_plane::Response;
use json::{Object, Value, json};
use schema::KindId;

impl ControlPlane {
    /// `POST /services`, `POST /services/S/routes`
    pub(super) fn create(&self, kind: KindId, under: Option<&Under>, mut body: Object) -> Result<Response, Refusal> {
        let names = self.store.read(|view| {
            if let Some(under) = under {
                refer_to(&mut body, &under.field, &self.locate_parent(view, under)?);
            }
            self.resolve_foreign(view, kind, &mut body)?;
            self.names(view, kind, None, &body)
        })?;
        let id = sent_id(&body).unwrap_or_else(new_id);
        let draft = self.draft(kind, body, Made::Whole)?;
        self.store.write(|edit| {
            self.expire(edit, kind)?;
            if edit.get(&self.catalog.kind(kind).collection, &id, 0.0)?.is_some() {
                return Err(Refusal::PrimaryKeyTaken(id.clone()));
            }
            let text = self.save(edit, kind, &id, draft, names)?;
            Ok(text_response(201, text))
        })
    }

    /// `PUT /services/S`
    pub(super) fn replace(&self, kind: KindId, name: &str, body: Object) -> Result<Response, Refusal> {
        if id_of(name).is_none() {
            self.may_put_by_name(kind)?;
        }
        self.put(kind, name, body, |view| self.locate_to_put(view, kind, name))
    }

    /// `PUT /services/S/routes/R`
    pub(super) fn replace_under(&self, under: &Under, name: &str, mut body: Object) -> Result<Response, Refusal> {
        let parent = self.store.read(|view| self.locate_parent(view, under))?;
        refer_to(&mut body, &under.field, &parent);
        self.put(under.kind, name, body, |view| {
            let there = match self.locate_under(view, under, &parent, name) {
                Err(Refusal::InvalidPrimaryKey(_)) => None,
                found => found?,
            };
            match there {
                Some(row) => Ok(Some(row.id)),
                None => {
                    self.may_put_new(under.kind)?;
                    self.locate_to_put(view, under.kind, name)
                }
            }
        })
    }

    /// Stores a body in place of what `locate` finds, or as a new entity.
    fn put(
        &self,
        kind: KindId,
        name: &str,
        mut body: Object,
        locate: impl Fn(View<'_>) -> Result<Option<String>, Refusal>,
    ) -> Result<Response, Refusal> {
        let sent = sent_id(&body);
        self.name_in_body(kind, name, &mut body);
        let (before, names) = self.store.read(|view| {
            let before = locate(view)?;
            self.resolve_foreign(view, kind, &mut body)?;
            let names = self.names(view, kind, before.as_deref(), &body)?;
            Ok::<_, Refusal>((before, names))
        })?;
        let draft = self.draft(kind, body, Made::Whole)?;
        self.store.write(|edit| {
            self.expire(edit, kind)?;
            let there = if before.is_some() { before } else { locate(**edit)? };
            let id = there.or(sent).unwrap_or_else(new_id);
            let text = self.save(edit, kind, &id, draft, names.or_none())?;
            Ok(text_response(200, text))
        })
    }

    /// The id that a PUT writes to: the path's, or the one of the entity that bears the path's name.
    fn locate_to_put(&self, view: View<'_>, kind: KindId, name: &str) -> Result<Option<String>, Refusal> {
        match self.locate_id(view, kind, name) {
            Err(Refusal::Plain(404, _)) => Ok(None),
            found => found,
        }
    }

    /// The path says who the entity is, whatever the body says.
    fn name_in_body(&self, kind: KindId, name: &str, body: &mut Object) {
        let described = self.catalog.kind(kind);
        if let Some(id) = id_of(name) {
            body.insert("id", Value::from(id));
        } else if let Some(named) = &described.names_children {
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
    pub(super) fn save(
        &self,
        edit: &Edit<'_>,
        kind: KindId,
        id: &str,
        draft: Draft,
        names: Names,
    ) -> Result<String, Refusal> {
        let collection = &self.catalog.kind(kind).collection;
        let mut body = draft.body;
        body.insert("id", Value::from(id));
        let index = Index::of(&self.catalog, kind, &body);
        for unique in &index.uniques {
            let holder = edit.find(collection, &unique.fields, &unique.value)?;
            if holder.is_some_and(|holder| holder != id) {
                return Err(Refusal::NotUnique(unique.shown.clone()));
            }
        }
        self.check_foreign(**edit, kind, &body)?;
        let row = Row {
            id: id.to_owned(),
            body: text(&body),
            expires: draft.expires,
        };
        edit.put(collection, &row, &index)?;
        self.save_children(edit, kind, id, names)?;
        Ok(self.dressed(**edit, kind, row)?)
    }

    /// Every foreign key must point at something.
    fn check_foreign(&self, view: View<'_>, kind: KindId, body: &Object) -> Result<(), Refusal> {
        let foreign = &self.catalog.kind(kind).foreign;
        for foreign in foreign.iter().filter(|foreign| !foreign.list) {
            let Some(id) = linked_id(body, &foreign.field) else {
                continue;
            };
            let collection = &self.catalog.kind(foreign.kind).collection;
            if view.get(collection, &id, self.now())?.is_none() {
                return Err(Refusal::DanglingForeignKey {
                    field: foreign.field.clone(),
                    id,
                    collection: collection.clone(),
                });
            }
        }
        Ok(())
    }

    /// Puts ids in place of foreign keys that name their entity by its endpoint key.
    pub(super) fn resolve_foreign(&self, view: View<'_>, kind: KindId, body: &mut Object) -> Result<(), Refusal> {
        for foreign in self.catalog.kind(kind).foreign.iter().filter(|foreign| !foreign.list) {
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
            match view.find(&target.collection, key, name)? {
                Some(id) => refer_to(body, &foreign.field, &id),
                None => {
                    return Err(Refusal::UnresolvedForeignKey {
                        field: foreign.field.clone(),
                        key: named.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// What has vanished makes room.
    pub(super) fn expire(&self, edit: &Edit<'_>, kind: KindId) -> Result<(), Refusal> {
        if self.catalog.kind(kind).expires.is_some() {
            edit.remove_expired(self.now())?;
        }
        Ok(())
    }
}

/// Lets a foreign field refer to that id.
pub(super) fn refer_to(body: &mut Object, field: &str, id: &str) {
    body.insert(field, json!({ "id": id }));
}

/// The id that a body asks for.
fn sent_id(body: &Object) -> Option<String> {
    id_of(body.get("id")?.as_str()?)
}

fn new_id() -> String {
    Uuid::new_v4().to_string()
}
