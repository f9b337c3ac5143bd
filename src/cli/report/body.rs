use uuid::Uuid;

use super::EntityNames;
use super::deck_shape::{drop_nulls, fill_defaults};
use super::value::redact_secret;
use json::{Object, Value};
use plan::PlanValue;
use schema::{Catalog, Kind, KindId};

/// Everything that the JSON form of a body needs besides the body.
pub struct BodyRenderer<'a> {
    /// What exists.
    pub catalog: &'a Catalog,
    /// What entities are called.
    pub names: &'a EntityNames,
}

impl BodyRenderer<'_> {
    /// A body in decK's shape: with its id, defaults filled in, nothing that is null outside free-form parts, the names of
    /// what it refers to, and every secret as its fingerprint.
    pub fn render(&self, kind: KindId, id: Uuid, tree: &PlanValue) -> Value {
        let Value::Object(mut body) = self.render_value(tree) else {
            return Value::Null;
        };
        fill_defaults(&self.catalog.record(kind, &body), &mut body);
        drop_nulls(&self.catalog.kind(kind).record, &mut body);
        self.insert_reference_names(self.catalog.kind(kind), &mut body);
        if let Some((field, children)) = self.names.children(kind, id) {
            body.get_or_insert_with(field, || children.clone());
        }
        body.insert("id", id.to_string().into());
        Value::Object(body)
    }

    /// A value with its secrets hidden.
    pub fn render_value(&self, tree: &PlanValue) -> Value {
        match tree {
            PlanValue::Null => Value::Null,
            PlanValue::Bool(value) => Value::Bool(*value),
            PlanValue::Number(value) => Value::Number(value.clone()),
            PlanValue::String(value) => Value::String(restore_pem_newline(value)),
            PlanValue::List(members) => members.iter().map(|member| self.render_value(member)).collect(),
            PlanValue::Map(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (name.clone(), self.render_value(value)));
                Value::Object(members.collect())
            }
            PlanValue::Secret(secret) => Value::String(redact_secret(secret)),
        }
    }

    fn insert_reference_names(&self, kind: &Kind, body: &mut Object) {
        for foreign in kind.foreign_fields.iter().filter(|foreign| !foreign.is_list) {
            if kind.parent.as_ref() == Some(&foreign.field) {
                continue;
            }
            let Some(Value::Object(reference)) = body.get_mut(&foreign.field) else {
                continue;
            };
            let id = reference
                .get("id")
                .and_then(Value::as_str)
                .and_then(|id| id.parse().ok());
            let name = id.and_then(|id: Uuid| self.names.get(foreign.kind, id));
            if let (Some(name), Some(field)) = (name, &self.catalog.kind(foreign.kind).endpoint_key) {
                reference.insert(field.clone(), name.as_str().into());
            }
        }
    }
}

/// PEM ends with its line, which the plan compares without.
fn restore_pem_newline(text: &str) -> String {
    let pem = text.starts_with("-----BEGIN ") && text.ends_with("-----");
    if pem { format!("{text}\n") } else { text.to_owned() }
}
