use super::attributes;
use super::named;
use super::view::View;
use super::{Checker, is_reference};
use json::{Object, Value, json};

use crate::{FieldType, Record};

/// What is told of a field: a message, or what is told of its members.
pub(super) type Fault = Value;

impl Checker<'_> {
    /// Everything that is wrong with a record whose defaults are filled in, checks across its fields included.
    pub fn record(&self, record: &Record, input: &Object) -> Object {
        let mut errors = self.fields(record, input);
        self.across(record, input, &mut errors);
        errors
    }

    fn fields(&self, record: &Record, input: &Object) -> Object {
        let mut errors = Object::new();
        for name in input.keys() {
            if record.get(name).is_none() {
                errors.insert(name, message("unknown field"));
            }
        }
        for (name, field) in &record.fields {
            let value = input.get(name);
            if self.made_by_server(name, field, value) || (value.is_none() && !self.whole) {
                continue;
            }
            if let Err(fault) = self.value(View::plain(field), value.unwrap_or(&Value::Null)) {
                errors.insert(name.clone(), fault);
            }
        }
        errors
    }

    /// Checks one value: its type, then the rules of the field.
    pub(super) fn value(&self, view: View<'_>, value: &Value) -> Result<(), Fault> {
        if value.is_null() {
            return self.null(view);
        }
        if view.rule("eq") == Some(&Value::Null) {
            return Err(view.told("value must be null".to_owned()));
        }
        if view.field.referenceable && value.as_str().is_some_and(is_reference) {
            return Ok(());
        }
        self.typed(view, value)?;
        if let Some(broken) = attributes::broken(view, value) {
            return Err(view.told(broken));
        }
        named::fault(self, view, value).map_or(Ok(()), |fault| Err(message(&fault)))
    }

    fn null(&self, view: View<'_>) -> Result<(), Fault> {
        if view.rule("ne") == Some(&Value::Null) {
            return Err(view.told("value must not be null".to_owned()));
        }
        if let Some(wanted) = view.rule("eq").filter(|wanted| !wanted.is_null()) {
            return Err(view.told(format!("value must be {}", attributes::lua_text(wanted))));
        }
        if view.required() {
            return Err(message("required field missing"));
        }
        match view.rule("contains") {
            Some(wanted) => Err(view.told(format!("expected to contain: {}", attributes::lua_text(wanted)))),
            None => Ok(()),
        }
    }

    fn typed(&self, view: View<'_>, value: &Value) -> Result<(), Fault> {
        let is = |holds: bool, expected: &str| if holds { Ok(()) } else { Err(message(expected)) };
        let integer = || value.as_f64().is_some_and(|number| number.fract() == 0.0);
        match &view.field.kind {
            FieldType::String => is(value.is_string(), "expected a string"),
            FieldType::Integer => is(integer(), "expected an integer"),
            FieldType::Number => is(value.is_number(), "expected a number"),
            FieldType::Boolean => is(value.is_boolean(), "expected a boolean"),
            FieldType::Array(element) => self.members(view.element(element), value, "expected an array"),
            FieldType::Set(element) => self.members(view.element(element), value, "expected a set"),
            FieldType::Map { keys, values } => self.entries(View::plain(keys), View::plain(values), value),
            FieldType::Record(record) => self.nested(record, value),
            FieldType::Abstract => is(value.is_object() || value.is_array(), "expected a record"),
            FieldType::Foreign(collection) => self.foreign(collection, value),
            FieldType::Json | FieldType::Function => Ok(()),
        }
    }

    /// What is wrong with a list's members, at their places. Lua cannot tell an empty list from an empty record.
    fn members(&self, view: View<'_>, value: &Value, expected: &str) -> Result<(), Fault> {
        let members = match value {
            Value::Array(members) => members.as_slice(),
            Value::Object(members) if members.is_empty() => &[],
            _ => return Err(message(expected)),
        };
        let mut faults: Vec<Value> = members.iter().map(|member| self.member(view, member)).collect();
        match faults.iter().rposition(|fault| !fault.is_null()) {
            None => Ok(()),
            Some(last) => {
                faults.truncate(last + 1);
                Err(Value::Array(faults))
            }
        }
    }

    fn member(&self, view: View<'_>, member: &Value) -> Value {
        if member.is_null() {
            return message("required field missing");
        }
        self.value(view, member).err().unwrap_or(Value::Null)
    }

    /// A map tells of one entry only, and not of which.
    fn entries(&self, keys: View<'_>, values: View<'_>, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
                self.value(keys, &Value::from(key))?;
                self.value(values, value)
            }),
            Value::Array(members) => members.iter().zip(1..).try_for_each(|(value, key)| {
                self.value(keys, &Value::from(key))?;
                self.value(values, value)
            }),
            _ => Err(message("expected a map")),
        }
    }

    fn nested(&self, record: &Record, value: &Value) -> Result<(), Fault> {
        let errors = match value {
            Value::Object(input) => self.record(record, input),
            Value::Array(members) => return self.listed(record, members),
            _ => return Err(message("expected a record")),
        };
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Value::Object(errors))
        }
    }

    /// A list where a record should be: to Lua a record whose fields are called 1, 2, 3 …
    fn listed(&self, record: &Record, members: &[Value]) -> Result<(), Fault> {
        let mut errors = self.record(record, &self.filled(record, &Object::new()).unwrap_or_default());
        let unknown = vec![message("unknown field"); members.len()];
        if errors.is_empty() {
            return if unknown.is_empty() {
                Ok(())
            } else {
                Err(Value::Array(unknown))
            };
        }
        errors.extend(unknown.into_iter().zip(1..).map(|(fault, at)| (at.to_string(), fault)));
        Err(Value::Object(errors))
    }

    /// The id of another entity. What holds no valid one is checked as a part of such an entity, and if that finds
    /// nothing wrong, lacks an id.
    fn foreign(&self, collection: &str, value: &Value) -> Result<(), Fault> {
        let none = Object::new();
        let part = match value {
            Value::Object(part) => Some(part),
            Value::Array(members) if members.is_empty() => Some(&none),
            _ => None,
        };
        let id = part.and_then(|part| part.get("id"));
        if id.is_some_and(|id| self.is_id(collection, id)) {
            return Ok(());
        }
        let kind = self.catalog.find(collection);
        let errors = kind
            .zip(part)
            .map(|(kind, part)| self.part(kind, part))
            .unwrap_or_default();
        if !errors.is_empty() {
            return Err(Value::Object(errors));
        }
        let lacks = if id.is_some_and(Value::is_null) {
            "required field missing"
        } else {
            "missing primary key"
        };
        Err(json!({ "id": lacks }))
    }

    /// Whether a value may be the id of an entity of that collection; any text may where the kind is not known.
    fn is_id(&self, collection: &str, id: &Value) -> bool {
        let kind = self.catalog.find(collection).map(|kind| self.catalog.kind(kind));
        match kind.and_then(|kind| kind.record.get("id")) {
            Some(field) => !id.is_null() && self.value(View::plain(field), id).is_ok(),
            None => id.as_str().is_some_and(|id| !id.is_empty()),
        }
    }
}

pub(super) fn message(text: &str) -> Value {
    Value::String(text.to_owned())
}
