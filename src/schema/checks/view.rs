use crate::{Field, FieldType};
use json::{Object, Value};

/// A field as one check sees it: its own rules, with those of a condition laid over them.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub field: &'a Field,
    over: Option<&'a Object>,
}

impl<'a> View<'a> {
    pub fn plain(field: &'a Field) -> Self {
        Self { field, over: None }
    }

    /// The field under a condition (`if_match`, `then_match`).
    pub fn under(field: &'a Field, condition: Option<&'a Object>) -> Self {
        Self { field, over: condition }
    }

    pub fn rule(&self, name: &str) -> Option<&'a Value> {
        self.over
            .and_then(|over| over.get(name))
            .or_else(|| self.field.rules.get(name))
    }

    pub fn required(&self) -> bool {
        match self.over.and_then(|over| over.get("required")) {
            Some(required) => required == &Value::Bool(true),
            None => self.field.required,
        }
    }

    /// The members of a list, under the condition's `elements` if it has them.
    pub fn element(&self, element: &'a Field) -> View<'a> {
        View {
            field: element,
            over: self
                .over
                .and_then(|over| over.get("elements"))
                .and_then(Value::as_object),
        }
    }

    /// Whether an empty text is refused: everywhere, unless the schema says otherwise.
    pub fn least_length(&self) -> Option<u64> {
        match self.rule("len_min") {
            Some(least) => least.as_u64(),
            None => matches!(self.field.kind, FieldType::String).then_some(1),
        }
    }

    /// The field's own word for what any of its rules refuses.
    pub fn told(&self, otherwise: String) -> Value {
        match self.rule("err").and_then(Value::as_str) {
            Some(own) => Value::String(own.to_owned()),
            None => Value::String(otherwise),
        }
    }
}
