use json::Value;
use schema::{FieldPath, PathSegment};

/// Whether a text anywhere in a value meets a condition.
pub(crate) fn any_text(value: &Value, is_met: impl Fn(&str) -> bool + Copy) -> bool {
    match value {
        Value::String(text) => is_met(text),
        Value::Array(members) => members.iter().any(|member| any_text(member, is_met)),
        Value::Object(members) => members.values().any(|member| any_text(member, is_met)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Visits every text in a value, with its path; `path` is that of the value, and is the same again afterwards.
pub(crate) fn for_each_text(value: &Value, path: &mut FieldPath, visit: &mut dyn FnMut(&FieldPath, &str)) {
    match value {
        Value::String(text) => visit(path, text),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                path.0.push(PathSegment::Index(index));
                for_each_text(member, path, visit);
                path.0.pop();
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                path.0.push(PathSegment::Name(name.to_owned()));
                for_each_text(member, path, visit);
                path.0.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
