use json::{Object, Value};
use reference::is_reference;
use schema::{Catalog, KindId};

const REDACTED: &str = "<hidden>";

/// Replaces every secret; references stay, for they are none.
pub(super) fn redact_secrets(catalog: &Catalog, kind: KindId, body: &mut Object) {
    for path in catalog.secret_paths(kind, body) {
        if let Some(value) = path.value_in_mut(body) {
            redact_value(value);
        }
    }
}

fn redact_value(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::String(text) if is_reference(text.as_str()) => {}
        Value::Array(members) => members.iter_mut().for_each(redact_value),
        Value::Object(members) => members.values_mut().for_each(redact_value),
        other => *other = REDACTED.into(),
    }
}
