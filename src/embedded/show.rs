use super::control_plane::{ControlPlane, text_response};
use super::place::Under;
use super::refusal::Refusal;
use super::store::{Row, View};
use control_plane::Response;
use json::{Object, Value};
use schema::{FieldType, KindId, Record};

/// A stored body. What is stored is what was once made of an object.
pub(super) fn parsed(body: &str) -> Object {
    serde_json::from_str(body).unwrap_or_default()
}

impl ControlPlane {
    /// `GET /services/S`
    pub(super) fn get(&self, kind: KindId, name: &str) -> Result<Response, Refusal> {
        self.store.read(|view| match self.locate(view, kind, name)? {
            Some(row) => Ok(text_response(200, self.dressed(view, kind, row)?)),
            None if self.catalog.kind(kind).names_children.is_some() => Err(Refusal::NoEntityOfId(name.to_owned())),
            None => Err(Refusal::NotFound),
        })
    }

    /// `GET /services/S/routes/R`
    pub(super) fn get_under(&self, under: &Under, name: &str) -> Result<Response, Refusal> {
        self.store.read(|view| {
            let parent = self.locate_parent(view, under)?;
            let row = self
                .locate_under(view, under, &parent, name)?
                .ok_or(Refusal::NotFound)?;
            Ok(text_response(200, self.dressed(view, under.kind, row)?))
        })
    }

    /// The text of an entity as it is answered: its body, and what is never stored with it.
    pub(super) fn dressed(&self, view: View<'_>, kind: KindId, row: Row) -> rusqlite::Result<String> {
        let described = self.catalog.kind(kind);
        let mut text = row.body;
        if let Some(field) = &described.expires {
            let left = row.expires.map(|at| (at - self.now()).ceil() as i64);
            with_field(&mut text, field, &Value::from(left));
        }
        if let Some(named) = &described.names_children {
            let names = self.names_of_children(view, kind, &row.id)?;
            with_field(&mut text, &named.field, &Value::from(names));
        }
        Ok(text)
    }
}

/// Adds a field at the end of an object's text.
fn with_field(text: &mut String, name: &str, value: &Value) {
    let empty = text == "{}";
    text.pop();
    text.push_str(&format!(
        "{}{}:{value}}}",
        if empty { "" } else { "," },
        Value::from(name)
    ));
}

/// Leaves out the spellings that are only shown beside the fields that hold the values.
pub(super) fn without_shown(record: &Record, body: &mut Object) {
    body.retain(|name, _| record.get(name).is_some() || record.shorthand(name).is_none());
    for (name, field) in &record.fields {
        if let Some(value) = body.get_mut(name) {
            without_shown_inside(&field.kind, value);
        }
    }
}

fn without_shown_inside(kind: &FieldType, value: &mut Value) {
    match (kind, value) {
        (FieldType::Record(record), Value::Object(body)) => without_shown(record, body),
        (FieldType::Array(inner) | FieldType::Set(inner), Value::Array(members)) => {
            members
                .iter_mut()
                .for_each(|member| without_shown_inside(&inner.kind, member));
        }
        (FieldType::Map { values, .. }, Value::Object(members)) => {
            members
                .values_mut()
                .for_each(|member| without_shown_inside(&values.kind, member));
        }
        _ => {}
    }
}
