//! What Kong makes of a text, as one JSON object.

use super::notation::{from_json, to_json};
use super::{OptionValue, Reference, is_reference, parse};

/// What Kong makes of a text: whether it is a reference, its parts or Kong's own error.
pub fn answer(text: &[u8]) -> String {
    let mut members = vec![
        ("reference", to_json(text)),
        ("is_reference", is_reference(text).to_string()),
    ];
    members.push(match parse(text) {
        Ok(reference) => ("parsed", parsed(&reference)),
        Err(error) => {
            let told = [error.words().as_bytes(), b" [", text, b"]"].concat();
            ("parse_error", to_json(&told))
        }
    });
    object(members.iter().map(|(name, value)| (name.as_bytes(), value.clone())))
}

/// [`answer`] to a line that holds a JSON string; an object with `error` to any other.
pub fn answer_line(line: &[u8]) -> String {
    match from_json(line) {
        Some(text) => answer(&text),
        None => object([(&b"error"[..], to_json(b"the line is no JSON string"))]),
    }
}

fn parsed(reference: &Reference) -> String {
    let mut members = vec![
        ("name", to_json(&reference.name)),
        ("resource", to_json(&reference.resource)),
    ];
    members.extend(reference.key.as_ref().map(|key| ("key", to_json(key))));
    members.extend(reference.options.as_ref().map(|options| {
        let options = options.iter().map(|(name, value)| (name.as_slice(), option(value)));
        ("config", object(options))
    }));
    members.extend(
        reference
            .version_text()
            .map(|text| ("version", to_json(text.as_bytes()))),
    );
    object(members.iter().map(|(name, value)| (name.as_bytes(), value.clone())))
}

fn option(value: &OptionValue) -> String {
    match value {
        OptionValue::Set => "true".to_owned(),
        OptionValue::Text(text) => to_json(text),
        OptionValue::List(values) => format!("[{}]", values.iter().map(option).collect::<Vec<_>>().join(",")),
    }
}

fn object<'a>(members: impl IntoIterator<Item = (&'a [u8], String)>) -> String {
    let members = members
        .into_iter()
        .map(|(name, value)| format!("{}:{value}", to_json(name)))
        .collect::<Vec<_>>();
    format!("{{{}}}", members.join(","))
}
