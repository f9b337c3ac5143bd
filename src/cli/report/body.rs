use uuid::Uuid;

use super::EntityNames;
use super::deck_shape::{drop_nulls, fill_defaults};
use super::value::redact_secret;
use json::{Object, Value};
use plan::PlanValue;
use schema::{Catalog, Kind, KindId};

/// Renders bodies as JSON.
pub(crate) struct BodyRenderer<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) names: &'a EntityNames,
}

impl BodyRenderer<'_> {
    /// A body in decK's shape: with its id, defaults filled in, no nulls outside free-form parts, names beside the ids that
    /// it refers to, and fingerprints in place of secrets.
    pub(crate) fn render(&self, kind: KindId, id: Uuid, value: &PlanValue) -> Value {
        let Value::Object(mut body) = self.render_value(value) else {
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

    /// A value with its secrets redacted.
    fn render_value(&self, value: &PlanValue) -> Value {
        match value {
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

/// Ends PEM with a newline, without which the plan compares it.
fn restore_pem_newline(text: &str) -> String {
    let is_pem = text.starts_with("-----BEGIN ") && text.ends_with("-----");
    if is_pem { format!("{text}\n") } else { text.to_owned() }
}
