use super::BodyChecker;
use super::field_view::FieldView;
use crate::normalize::{BodyNormalizer, NormalForm};
use crate::{Field, FieldType, Record};
use json::{Object, Value};

impl BodyChecker<'_> {
    /// A body as Kong checks it: shorthands translated, absent fields with their defaults, required records made,
    /// sets without repetitions. What has the wrong type stays as it is.
    ///
    /// # Errors
    /// What is wrong with shorthands: nothing else is told then.
    pub fn fill_defaults(&self, record: &Record, body: &Object) -> Result<Object, Object> {
        let errors = self.check_shorthands(record, body);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut normalizer = BodyNormalizer::new(NormalForm::Checked);
        let filled = normalizer.normalize_record(record, body);
        if normalizer.violations.is_empty() {
            Ok(filled)
        } else {
            Err(normalizer.violations.0)
        }
    }

    /// What is wrong with shorthands as such, on all levels.
    fn check_shorthands(&self, record: &Record, body: &Object) -> Object {
        let mut errors = Object::new();
        for (name, field) in &record.shorthands {
            let value = body.get(name).unwrap_or(&Value::Null);
            if let Err(fault) = self.check_value(FieldView::new(field), value) {
                errors.insert(name.clone(), fault);
            }
        }
        for (name, field) in &record.fields {
            if let Some(value) = body.get(name)
                && let Some(fault) = self.check_nested_shorthands(field, value)
            {
                errors.insert(name.clone(), fault);
            }
        }
        errors
    }

    fn check_nested_shorthands(&self, field: &Field, value: &Value) -> Option<Value> {
        match (&field.field_type, value) {
            (FieldType::Record(record), Value::Object(body)) => {
                let errors = self.check_shorthands(record, body);
                (!errors.is_empty()).then_some(Value::Object(errors))
            }
            (FieldType::Array(element) | FieldType::Set(element), Value::Array(members)) => {
                let faults = members
                    .iter()
                    .map(|member| self.check_nested_shorthands(element, member));
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
