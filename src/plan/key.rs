use std::borrow::Cow;

use json::{Object, Value};
use schema::{Kind, canonical_text};

/// Joins the parts of a key: no name holds this character.
const KEY_SEPARATOR: &str = "\u{1f}";

/// The value of a set of fields that together identify an entity among its kind, or may be had by one entity only:
/// foreign keys by their id, line ends normalized. None if the entity has no value there.
///
/// A set of several fields has a value once all those that are not foreign keys have one: a plugin without service and
/// route is the global one. A set of foreign keys alone needs one of them.
pub(crate) fn join_key<'a>(
    kind: &Kind,
    fields: &[String],
    value: impl Fn(&str) -> Option<Cow<'a, str>>,
) -> Option<Cow<'a, str>> {
    if let [field] = fields {
        return value(field);
    }
    let mut parts = Vec::with_capacity(fields.len());
    let (mut has_own_field, mut has_value) = (false, false);
    for field in fields.iter().filter(|field| has_field(kind, field)) {
        let part = value(field);
        let foreign = kind.foreign_fields.iter().any(|foreign| foreign.field == **field);
        if part.is_none() && !foreign {
            return None;
        }
        has_own_field |= !foreign;
        has_value |= part.is_some();
        parts.push(part.unwrap_or_default());
    }
    (has_own_field || has_value).then(|| Cow::Owned(parts.join(KEY_SEPARATOR)))
}

/// The same, read from a body. The server keeps texts of several lines as they were sent: those that mean the same are one.
pub(crate) fn key_from_body<'a>(kind: &Kind, fields: &[String], body: &'a Object) -> Option<Cow<'a, str>> {
    join_key(kind, fields, |field| match body.get(field)? {
        Value::String(text) if text.contains('\n') => {
            let described = kind.record.get(field);
            let text = described.map_or(Cow::Borrowed(text.as_str()), |field| canonical_text(field, text));
            Some(Cow::Owned(normalize_lines(&text)))
        }
        value => key_part(value),
    })
}

/// A value as a part of a key.
pub(crate) fn key_part(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) if text.contains('\n') => Some(Cow::Owned(normalize_lines(text))),
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Object(members) => members.get("id").and_then(key_part),
        other => Some(Cow::Owned(other.to_string())),
    }
}

fn normalize_lines(text: &str) -> String {
    text.replace('\r', "").trim().to_owned()
}

/// The sets of fields that no two entities may share, as a client can see them: instead of what the server computes those
/// from which it does.
pub(crate) fn unique_field_sets(kind: &Kind) -> impl Iterator<Item = Vec<String>> {
    kind.unique_sets.iter().map(|set| {
        let visible_field = |field: &String| match &kind.computed_field {
            Some(computed) if computed.field == *field => computed.from.clone(),
            _ => field.clone(),
        };
        set.iter().map(visible_field).collect()
    })
}

fn has_field(kind: &Kind, field: &str) -> bool {
    kind.record.get(field).is_some()
}
