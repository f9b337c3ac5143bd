use super::Checker;
use super::view::View;
use crate::fill::{Fill, Form};
use crate::{Field, FieldType, Record};
use json::{Object, Value};

impl Checker<'_> {
    /// A body as Kong checks it: shorthands translated, absent fields with their defaults, required records made,
    /// sets without repetitions. What has the wrong type stays as it is.
    ///
    /// # Errors
    /// What is wrong with shorthands: nothing else is told then.
    pub fn filled(&self, record: &Record, body: &Object) -> Result<Object, Object> {
        let wrong = self.shorthands(record, body);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut fill = Fill::new(Form::Checked);
        let filled = fill.record(record, body);
        if fill.wrong.is_empty() {
            Ok(filled)
        } else {
            Err(fill.wrong.0)
        }
    }

    /// What is wrong with shorthands as such, on all levels.
    fn shorthands(&self, record: &Record, body: &Object) -> Object {
        let mut errors = Object::new();
        for (name, field) in &record.shorthands {
            let value = body.get(name).unwrap_or(&Value::Null);
            if let Err(fault) = self.value(View::plain(field), value) {
                errors.insert(name.clone(), fault);
            }
        }
        for (name, field) in &record.fields {
            if let Some(value) = body.get(name)
                && let Some(fault) = self.inner_shorthands(field, value)
            {
                errors.insert(name.clone(), fault);
            }
        }
        errors
    }

    fn inner_shorthands(&self, field: &Field, value: &Value) -> Option<Value> {
        match (&field.kind, value) {
            (FieldType::Record(record), Value::Object(body)) => {
                let errors = self.shorthands(record, body);
                (!errors.is_empty()).then_some(Value::Object(errors))
            }
            (FieldType::Array(element) | FieldType::Set(element), Value::Array(members)) => {
                let faults = members.iter().map(|member| self.inner_shorthands(element, member));
                let faults: Vec<Value> = faults.map(Option::unwrap_or_default).collect();
                faults
                    .iter()
                    .any(|fault| !fault.is_null())
                    .then_some(Value::Array(faults))
            }
            _ => None,
        }
    }
}
