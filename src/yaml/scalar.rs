//! What a scalar is, by go-yaml 2's rules, which are decK's: YAML 1.1 words, and numbers in Go's spelling.

use std::borrow::Cow;

use super::number::{self, Yaml11Notation};
use crate::{NodeData, StringStyle};

pub(super) enum ScalarValue<'s> {
    Null,
    Bool(bool),
    Number(json::Number),
    Text(Cow<'s, str>),
}

/// A value, and what readers of YAML 1.2 would take for something else.
pub(super) struct ResolvedScalar<'s> {
    pub(super) value: ScalarValue<'s>,
    pub(super) yaml11: Option<Yaml11Difference>,
}

/// Where YAML 1.1, which decK reads, and YAML 1.2 differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Yaml11Difference {
    /// `yes`, `on` and the like are true or false.
    Word(bool),
    /// A number in a notation of its own.
    Number(Yaml11Notation),
}

/// Why a scalar has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarError {
    /// `.inf` and `.nan`, which JSON cannot hold.
    NotFinite,
    /// The text is not what its tag says.
    TagMismatch,
    /// `!!binary` that is not base64 of a text.
    InvalidBinary,
}

/// The value of a text that stands without quotes.
pub(super) fn resolve_plain(text: &str) -> Result<ResolvedScalar<'_>, ScalarError> {
    match text.as_bytes().first() {
        None | Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            Ok(resolve_word(text))
        }
        Some(b'0'..=b'9' | b'+' | b'-') if !is_infinite(text) => Ok(number_or_text(text, number::parse_number(text))),
        Some(b'.') if !is_infinite(text) && !is_nan(text) => Ok(number_or_text(text, number::parse_fraction(text))),
        Some(b'.' | b'+' | b'-') => Err(ScalarError::NotFinite),
        Some(_) => Ok(text_scalar(text)),
    }
}

/// The value of a text that bears a tag (in its long form).
pub(super) fn resolve_tagged<'s>(tag: &str, text: &'s str) -> Result<ResolvedScalar<'s>, ScalarError> {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("binary") => decode_binary(text),
        Some(name @ ("bool" | "int" | "float" | "null" | "timestamp")) => resolve_core_tag(name, text),
        _ => Ok(text_scalar(text)),
    }
}

/// What a text would be if it stood in a file without quotes: true or false, a number, nothing, or the text.
///
/// This types the value of an unquoted template where no schema says what its field wants.
pub fn parse_plain_scalar(text: &str) -> NodeData {
    match resolve_plain(text).map(|resolved| resolved.value) {
        Ok(ScalarValue::Null) => NodeData::Null,
        Ok(ScalarValue::Bool(truth)) => NodeData::Bool(truth),
        Ok(ScalarValue::Number(number)) => NodeData::Number(number),
        Ok(ScalarValue::Text(_)) | Err(_) => NodeData::String(text.to_owned(), StringStyle::Plain),
    }
}

fn resolve_core_tag<'s>(tag: &str, text: &'s str) -> Result<ResolvedScalar<'s>, ScalarError> {
    let resolved = resolve_plain(text)?;
    let found = match &resolved.value {
        ScalarValue::Null => "null",
        ScalarValue::Bool(_) => "bool",
        ScalarValue::Number(number) if number.is_f64() => "float",
        ScalarValue::Number(_) => "int",
        ScalarValue::Text(_) if is_date_like(text) => "timestamp",
        ScalarValue::Text(_) => "str",
    };
    match (tag, found) {
        ("float", "int") => Ok(resolved),
        _ if tag == found => Ok(resolved),
        _ => Err(ScalarError::TagMismatch),
    }
}

fn decode_binary(text: &str) -> Result<ResolvedScalar<'_>, ScalarError> {
    use base64::Engine;
    let packed: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(packed)
        .map_err(|_| ScalarError::InvalidBinary)?;
    let text = String::from_utf8(bytes).map_err(|_| ScalarError::InvalidBinary)?;
    Ok(ResolvedScalar {
        value: ScalarValue::Text(Cow::Owned(text)),
        yaml11: None,
    })
}

fn resolve_word(text: &str) -> ResolvedScalar<'_> {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarValue::Null,
        "true" | "True" | "TRUE" => ScalarValue::Bool(true),
        "false" | "False" | "FALSE" => ScalarValue::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return yaml11_bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return yaml11_bool(false),
        _ => return text_scalar(text),
    };
    ResolvedScalar { value, yaml11: None }
}

fn yaml11_bool(truth: bool) -> ResolvedScalar<'static> {
    ResolvedScalar {
        value: ScalarValue::Bool(truth),
        yaml11: Some(Yaml11Difference::Word(truth)),
    }
}

fn number_or_text(text: &str, parsed: Option<number::ParsedNumber>) -> ResolvedScalar<'_> {
    match parsed {
        Some(parsed) => ResolvedScalar {
            value: ScalarValue::Number(parsed.number),
            yaml11: parsed.yaml11.map(Yaml11Difference::Number),
        },
        None => text_scalar(text),
    }
}

fn text_scalar(text: &str) -> ResolvedScalar<'_> {
    ResolvedScalar {
        value: ScalarValue::Text(Cow::Borrowed(text)),
        yaml11: None,
    }
}

fn is_infinite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

fn is_nan(text: &str) -> bool {
    matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn is_date_like(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut short = |most: usize| {
        let digits = parts
            .next()
            .map_or(0, |part| part.bytes().take_while(u8::is_ascii_digit).count());
        (1..=most).contains(&digits)
    };
    short(4) && short(2) && short(2)
}
