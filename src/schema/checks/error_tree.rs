use json::{Object, Value};

/// The name under which messages about a whole record stand.
const ENTITY_KEY: &str = "@entity";

/// Puts a message in place of what is told of the field at a dotted path. A message about a whole record that the
/// path leads through stays.
pub(super) fn set_field_error(errors: &mut Object, path: &str, message: Value) {
    if let Some(place) = errors.get_path_or_null(path.split('.')) {
        *place = message;
    }
}

/// Adds a message about the whole record.
pub(super) fn add_entity_error(errors: &mut Object, message: String) {
    let messages = errors.get_or_insert_with(ENTITY_KEY, || Value::Array(Vec::new()));
    if let Some(messages) = messages.as_array_mut() {
        messages.push(Value::String(message));
    }
}

/// Whether a value counts as set: not null, no empty text, no empty list or record.
pub(super) fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(members)) => !members.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        Some(_) => true,
    }
}
