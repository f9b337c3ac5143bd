use json::Value;
use schema::Field;

/// How a message of the checks begins, and what to do about it.
const HELP_BY_MESSAGE: [(&str, &str); 6] = [
    (
        "invalid certificate:",
        "give the whole PEM text after `|`, from `-----BEGIN CERTIFICATE-----` on, or a reference (`{vault://…}`)",
    ),
    (
        "invalid key:",
        "give the whole PEM text after `|`, from `-----BEGIN PRIVATE KEY-----` on, or a reference (`{vault://…}`)",
    ),
    ("must not be one of:", "choose another word"),
    (
        "could not load JWK",
        "its `kty` must be RSA, EC or OKP with the members of that type; Kong takes no `oct`",
    ),
    (
        "could not json decode jwk",
        "give the JWK as one JSON text in single quotes: `'{\"kty\": …}'`",
    ),
    ("kid in jwk.kid must be equal", "write the same `kid` in both places"),
];

/// What a text must look like to match a Lua pattern.
const HELP_BY_PATTERN: [(&str, &str); 1] = [(
    "^[a-z][a-z%d-]-[a-z%d]+$",
    "begin with a small letter and go on with small letters, digits and `-`: two characters at least, no `-` at the end",
)];

/// What to do about an invalid value, from the message, the value and its field.
pub(super) fn help_for_error(message: &str, value: Option<&Value>, field: Option<&Field>) -> Option<&'static str> {
    help_by_type(message, value)
        .or_else(|| help_by_message(message))
        .or_else(|| help_by_pattern(message, field?))
}

fn help_by_type(message: &str, value: Option<&Value>) -> Option<&'static str> {
    let value = value?;
    match message {
        "expected a string" if value.is_number() || value.is_boolean() => Some("put it in quotes"),
        "expected an integer" | "expected a number" | "expected a boolean" if value.is_string() => {
            Some("write it without quotes")
        }
        "expected an array" | "expected a set" => Some("write it as a list, each member after `- `, or in `[]`"),
        "expected a record" | "expected a map" => Some("write it as a map: `name: value` on lines of their own"),
        _ => None,
    }
}

fn help_by_message(message: &str) -> Option<&'static str> {
    let mut known = HELP_BY_MESSAGE.iter();
    known
        .find(|(start, _)| message.starts_with(start))
        .map(|(_, help)| *help)
}

fn help_by_pattern(message: &str, field: &Field) -> Option<&'static str> {
    let pattern = field
        .rules
        .get("match")
        .filter(|_| message.starts_with("invalid value:"))?;
    let mut known = HELP_BY_PATTERN.iter();
    known.find(|(known, _)| pattern == known).map(|(_, help)| *help)
}
