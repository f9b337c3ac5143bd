//! What the Admin API calls the parts of its own answers.

use json::{Object, Value, json};

/// The path that only nodes without a database have.
pub(super) const CONFIG_PATH: &str = "config";

/// The body of an error that Kong numbers.
pub(super) fn error_body(code: u8, name: &str, message: &str) -> Object {
    Object::from_iter([
        ("code".to_owned(), Value::from(code)),
        ("name".to_owned(), Value::from(name)),
        ("message".to_owned(), Value::from(message)),
    ])
}

/// One member of the lists of tags.
pub(super) fn tag_entry(table: &str, id: &str, tag: &str) -> Value {
    json!({ "entity_name": table, "entity_id": id, "tag": tag })
}
