use super::json_bytes::{decode_json_string, encode_json_string};
use super::{OptionValue, Reference, is_reference, parse_reference};

/// What Kong makes of a text, as a JSON object: whether it is a reference, its parts or Kong's own error.
pub fn parse_to_json(text: &[u8]) -> String {
    let mut members = vec![
        ("reference", encode_json_string(text)),
        ("is_reference", is_reference(text).to_string()),
    ];
    members.push(match parse_reference(text) {
        Ok(reference) => ("parsed", reference_json(&reference)),
        Err(error) => {
            let message = [error.kong_message().as_bytes(), b" [", text, b"]"].concat();
            ("parse_error", encode_json_string(&message))
        }
    });
    object_json(members.iter().map(|(name, value)| (name.as_bytes(), value.clone())))
}

/// [`parse_to_json`] of a line that holds a JSON string; of any other, an object with `error`.
pub fn parse_line_to_json(line: &[u8]) -> String {
    match decode_json_string(line) {
        Some(text) => parse_to_json(&text),
        None => object_json([(&b"error"[..], encode_json_string(b"the line is no JSON string"))]),
    }
}

fn reference_json(reference: &Reference) -> String {
    let mut members = vec![
        ("name", encode_json_string(&reference.name)),
        ("resource", encode_json_string(&reference.resource)),
    ];
    members.extend(reference.key.as_ref().map(|key| ("key", encode_json_string(key))));
    members.extend(reference.options.as_ref().map(|options| {
        let options = options
            .iter()
            .map(|(name, value)| (name.as_slice(), option_json(value)));
        ("config", object_json(options))
    }));
    members.extend(
        reference
            .version_text()
            .map(|text| ("version", encode_json_string(text.as_bytes()))),
    );
    object_json(members.iter().map(|(name, value)| (name.as_bytes(), value.clone())))
}

fn option_json(value: &OptionValue) -> String {
    match value {
        OptionValue::Flag => "true".to_owned(),
        OptionValue::Text(text) => encode_json_string(text),
        OptionValue::List(values) => format!("[{}]", values.iter().map(option_json).collect::<Vec<_>>().join(",")),
    }
}

fn object_json<'a>(members: impl IntoIterator<Item = (&'a [u8], String)>) -> String {
    let members = members
        .into_iter()
        .map(|(name, value)| format!("{}:{value}", encode_json_string(name)))
        .collect::<Vec<_>>();
    format!("{{{}}}", members.join(","))
}
