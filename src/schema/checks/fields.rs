use super::field_view::FieldView;
use super::named_checks;
use super::validators;
use super::{BodyChecker, is_reference};
use json::{Object, Value, json};

use crate::{FieldType, Record};

/// What is told of a field: a message, or what is told of its members.
pub(super) type FieldErrors = Value;

impl BodyChecker<'_> {
    /// Everything that is wrong with a record whose defaults are filled in, checks across its fields included.
    pub(crate) fn check_record(&self, record: &Record, input: &Object) -> Object {
        let mut errors = self.check_fields(record, input);
        self.run_entity_checks(record, input, &mut errors);
        errors
    }

    fn check_fields(&self, record: &Record, input: &Object) -> Object {
        let mut errors = Object::new();
        for name in input.keys() {
            if record.get(name).is_none() {
                errors.insert(name, error_message("unknown field"));
            }
        }
        for (name, field) in &record.fields {
            let value = input.get(name);
            if self.is_set_by_server(name, field, value) || (value.is_none() && !self.is_full_entity) {
                continue;
            }
            if let Err(fault) = self.check_value(FieldView::new(field), value.unwrap_or(&Value::Null)) {
                errors.insert(name.clone(), fault);
            }
        }
        errors
    }

    /// Checks one value: its type, then the rules of the field.
    pub(super) fn check_value(&self, view: FieldView<'_>, value: &Value) -> Result<(), FieldErrors> {
        if value.is_null() {
            return self.check_null(view);
        }
        if view.rule("eq") == Some(&Value::Null) {
            return Err(view.custom_error_or("value must be null".to_owned()));
        }
        if view.field.referenceable && value.as_str().is_some_and(is_reference) {
            return Ok(());
        }
        self.check_type(view, value)?;
        if let Some(broken) = validators::find_violation(view, value) {
            return Err(view.custom_error_or(broken));
        }
        named_checks::run_field_checks(self, view.field, value).map_or(Ok(()), |fault| Err(error_message(&fault)))
    }

    fn check_null(&self, view: FieldView<'_>) -> Result<(), FieldErrors> {
        if view.rule("ne") == Some(&Value::Null) {
            return Err(view.custom_error_or("value must not be null".to_owned()));
        }
        if let Some(wanted) = view.rule("eq").filter(|wanted| !wanted.is_null()) {
            return Err(view.custom_error_or(format!("value must be {}", validators::to_lua_text(wanted))));
        }
        if view.is_required() {
            return Err(error_message("required field missing"));
        }
        Ok(())
    }

    fn check_type(&self, view: FieldView<'_>, value: &Value) -> Result<(), FieldErrors> {
        let is = |holds: bool, expected: &str| if holds { Ok(()) } else { Err(error_message(expected)) };
        let integer = || value.as_f64().is_some_and(|number| number.fract() == 0.0);
        match &view.field.field_type {
            FieldType::String => is(value.is_string(), "expected a string"),
            FieldType::Integer => is(integer(), "expected an integer"),
            FieldType::Number => is(value.is_number(), "expected a number"),
            FieldType::Boolean => is(value.is_boolean(), "expected a boolean"),
            FieldType::Array(element) => self.check_members(view.element(element), value, "expected an array"),
            FieldType::Set(element) => self.check_members(view.element(element), value, "expected a set"),
            FieldType::Map { keys, values } => {
                self.check_map_entries(FieldView::new(keys), FieldView::new(values), value)
            }
            FieldType::Record(record) => self.check_nested_record(record, value),
            FieldType::Abstract => is(value.is_object() || value.is_array(), "expected a record"),
            FieldType::Foreign(collection) => self.check_foreign_key(collection, value),
            FieldType::Json | FieldType::Function => Ok(()),
        }
    }

    /// What is wrong with a list's members, at their places. Lua cannot tell an empty list from an empty record.
    fn check_members(&self, view: FieldView<'_>, value: &Value, expected: &str) -> Result<(), FieldErrors> {
        let members = match value {
            Value::Array(members) => members.as_slice(),
            Value::Object(members) if members.is_empty() => &[],
            _ => return Err(error_message(expected)),
        };
        let mut faults: Vec<Value> = members.iter().map(|member| self.check_member(view, member)).collect();
        match faults.iter().rposition(|fault| !fault.is_null()) {
            None => Ok(()),
            Some(last) => {
                faults.truncate(last + 1);
                Err(Value::Array(faults))
            }
        }
    }

    fn check_member(&self, view: FieldView<'_>, member: &Value) -> Value {
        self.check_present(view, member).err().unwrap_or(Value::Null)
    }

    /// A member of a list or map, which is never null.
    fn check_present(&self, view: FieldView<'_>, member: &Value) -> Result<(), FieldErrors> {
        if member.is_null() {
            return Err(error_message("required field missing"));
        }
        self.check_value(view, member)
    }

    /// A map tells of one entry only, and not of which.
    fn check_map_entries(&self, keys: FieldView<'_>, values: FieldView<'_>, value: &Value) -> Result<(), FieldErrors> {
        match value {
            Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
                self.check_value(keys, &Value::from(key))?;
                self.check_present(values, value)
            }),
            Value::Array(members) => members.iter().zip(1..).try_for_each(|(value, key)| {
                self.check_value(keys, &Value::from(key))?;
                self.check_present(values, value)
            }),
            _ => Err(error_message("expected a map")),
        }
    }

    fn check_nested_record(&self, record: &Record, value: &Value) -> Result<(), FieldErrors> {
        let errors = match value {
            Value::Object(input) => self.check_record(record, input),
            Value::Array(members) => return self.check_list_as_record(record, members),
            _ => return Err(error_message("expected a record")),
        };
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Value::Object(errors))
        }
    }

    /// A list where a record should be: to Lua a record whose fields are called 1, 2, 3 …
    fn check_list_as_record(&self, record: &Record, members: &[Value]) -> Result<(), FieldErrors> {
        let mut errors = self.check_record(record, &self.fill_defaults(record, &Object::new()).unwrap_or_default());
        let unknown = vec![error_message("unknown field"); members.len()];
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
    fn check_foreign_key(&self, collection: &str, value: &Value) -> Result<(), FieldErrors> {
        let none = Object::new();
        let part = match value {
            Value::Object(part) => Some(part),
            Value::Array(members) if members.is_empty() => Some(&none),
            _ => None,
        };
        let id = part.and_then(|part| part.get("id"));
        if id.is_some_and(|id| self.is_valid_id(collection, id)) {
            return Ok(());
        }
        let kind = self.catalog.find_kind(collection);
        let errors = kind
            .zip(part)
            .map(|(kind, part)| self.check_partial(kind, part))
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
    fn is_valid_id(&self, collection: &str, id: &Value) -> bool {
        let kind = self.catalog.find_kind(collection).map(|kind| self.catalog.kind(kind));
        match kind.and_then(|kind| kind.record.get("id")) {
            Some(field) => !id.is_null() && self.check_value(FieldView::new(field), id).is_ok(),
            None => id.as_str().is_some_and(|id| !id.is_empty()),
        }
    }
}

pub(super) fn error_message(text: &str) -> Value {
    Value::String(text.to_owned())
}
