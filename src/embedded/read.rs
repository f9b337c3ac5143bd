use super::admin_route::NestedCollection;
use super::control_plane::{EmbeddedControlPlane, text_response};
use super::error::EmbeddedError;
use super::store::{EntityRow, ReadTransaction};
use http::Response;
use json::{Object, Value};
use schema::{FieldType, KindId, Record};

/// A stored body. What is stored is what was once made of an object.
pub(super) fn parse_stored_body(body: &str) -> Object {
    serde_json::from_str(body).unwrap_or_default()
}

impl EmbeddedControlPlane {
    /// `GET /services/S`
    pub(super) fn get(&self, kind: KindId, name: &str) -> Result<Response, EmbeddedError> {
        self.store.read(|view| match self.locate(view, kind, name)? {
            Some(row) => Ok(text_response(200, self.render_entity(view, kind, row)?)),
            None if self.catalog.kind(kind).child_names.is_some() => Err(EmbeddedError::IdNotFound(name.to_owned())),
            None => Err(EmbeddedError::NotFound),
        })
    }

    /// `GET /services/S/routes/R`
    pub(super) fn get_nested(&self, under: &NestedCollection, name: &str) -> Result<Response, EmbeddedError> {
        self.store.read(|view| {
            let parent = self.locate_parent(view, under)?;
            let row = self
                .locate_nested(view, under, &parent, name)?
                .ok_or(EmbeddedError::NotFound)?;
            Ok(text_response(200, self.render_entity(view, under.kind, row)?))
        })
    }

    /// The text of an entity as it is answered: its body, and what is never stored with it.
    pub(super) fn render_entity(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        row: EntityRow,
    ) -> rusqlite::Result<String> {
        let described = self.catalog.kind(kind);
        let mut text = row.body;
        if let Some(field) = &described.ttl_field {
            let left = row.expires.map(|at| (at - self.now()).ceil() as i64);
            append_field(&mut text, field, &Value::from(left));
        }
        if let Some(named) = &described.child_names {
            let names = self.child_names(view, kind, &row.id)?;
            append_field(&mut text, &named.field, &Value::from(names));
        }
        Ok(text)
    }
}

/// Adds a field at the end of an object's text.
fn append_field(text: &mut String, name: &str, value: &Value) {
    let empty = text == "{}";
    text.pop();
    text.push_str(&format!(
        "{}{}:{value}}}",
        if empty { "" } else { "," },
        Value::from(name)
    ));
}

/// Leaves out the spellings that are only shown beside the fields that hold the values.
pub(super) fn remove_mirrored_shorthands(record: &Record, body: &mut Object) {
    record.walk_mut(body, &mut |field, value| {
        if let (FieldType::Record(record), Value::Object(body)) = (&field.field_type, value) {
            remove_shorthands(record, body);
        }
    });
    remove_shorthands(record, body);
}

fn remove_shorthands(record: &Record, body: &mut Object) {
    body.retain(|name, _| record.get(name).is_some() || record.shorthand(name).is_none());
}
