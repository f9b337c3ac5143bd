use crate::{Field, FieldType};
use json::{Object, Value};

/// A field as one check sees it: its own rules, with those of a condition laid over them.
#[derive(Clone, Copy)]
pub(super) struct FieldView<'a> {
    pub field: &'a Field,
    condition: Option<&'a Object>,
}

impl<'a> FieldView<'a> {
    pub fn new(field: &'a Field) -> Self {
        Self { field, condition: None }
    }

    /// The field under a condition (`if_match`, `then_match`).
    pub(crate) fn with_condition(field: &'a Field, condition: Option<&'a Object>) -> Self {
        Self { field, condition }
    }

    pub fn rule(&self, name: &str) -> Option<&'a Value> {
        self.condition
            .and_then(|over| over.get(name))
            .or_else(|| self.field.rules.get(name))
    }

    pub(crate) fn is_required(&self) -> bool {
        match self.condition.and_then(|over| over.get("required")) {
            Some(required) => required == &Value::Bool(true),
            None => self.field.required,
        }
    }

    /// The members of a list, under the condition's `elements` if it has them.
    pub fn element(&self, element: &'a Field) -> FieldView<'a> {
        FieldView {
            field: element,
            condition: self
                .condition
                .and_then(|over| over.get("elements"))
                .and_then(Value::as_object),
        }
    }

    /// Whether an empty text is refused: everywhere, unless the schema says otherwise.
    pub(crate) fn min_length(&self) -> Option<u64> {
        match self.rule("len_min") {
            Some(least) => least.as_u64(),
            None => matches!(self.field.field_type, FieldType::String).then_some(1),
        }
    }

    /// The field's own word for what any of its rules refuses.
    pub(crate) fn custom_error_or(&self, otherwise: String) -> Value {
        match self.rule("err").and_then(Value::as_str) {
            Some(own) => Value::String(own.to_owned()),
            None => Value::String(otherwise),
        }
    }
}
