//! What a scalar is, by go-yaml 2's rules, which are decK's: YAML 1.1 words, and numbers in Go's spelling.

use std::borrow::Cow;

use super::number::{self, Oddity};
use crate::{Data, Style};

/// What a scalar means.
pub(super) enum Meaning<'s> {
    Null,
    Bool(bool),
    Number(json::Number),
    Text(Cow<'s, str>),
}

/// A meaning, and what readers of YAML 1.2 would take for something else.
pub(super) struct Resolved<'s> {
    pub(super) meaning: Meaning<'s>,
    pub(super) surprise: Option<Surprise>,
}

/// Where YAML 1.1, which decK reads, and YAML 1.2 differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surprise {
    /// `yes`, `on` and the like are true or false.
    Word(bool),
    /// A number in a spelling of its own.
    Number(Oddity),
}

/// Why a scalar has no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// `.inf` and `.nan` cannot be said to Kong.
    NotFinite,
    /// The text is not what its tag says.
    Tag,
    /// `!!binary` that is not base64 of a text.
    Binary,
}

/// The meaning of a text that stands without quotes.
pub(super) fn plain(text: &str) -> Result<Resolved<'_>, Misfit> {
    match text.as_bytes().first() {
        None | Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => Ok(word(text)),
        Some(b'0'..=b'9' | b'+' | b'-') if !is_infinite(text) => Ok(numeric(text, number::read(text))),
        Some(b'.') if !is_infinite(text) && !is_no_number(text) => Ok(numeric(text, number::read_fraction(text))),
        Some(b'.' | b'+' | b'-') => Err(Misfit::NotFinite),
        Some(_) => Ok(as_text(text)),
    }
}

/// The meaning of a text that bears a tag (in its long form).
pub(super) fn tagged<'s>(tag: &str, text: &'s str) -> Result<Resolved<'s>, Misfit> {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("binary") => binary(text),
        Some(name @ ("bool" | "int" | "float" | "null" | "timestamp")) => typed(name, text),
        _ => Ok(as_text(text)),
    }
}

/// What a text would be if it stood in a file without quotes: true or false, a number, nothing, or the text.
///
/// This types the value of an unquoted template where no schema says what its field wants.
pub fn type_as_yaml(text: &str) -> Data {
    match plain(text).map(|resolved| resolved.meaning) {
        Ok(Meaning::Null) => Data::Null,
        Ok(Meaning::Bool(truth)) => Data::Bool(truth),
        Ok(Meaning::Number(number)) => Data::Number(number),
        Ok(Meaning::Text(_)) | Err(_) => Data::String(text.to_owned(), Style::Plain),
    }
}

fn typed<'s>(tag: &str, text: &'s str) -> Result<Resolved<'s>, Misfit> {
    let resolved = plain(text)?;
    let found = match &resolved.meaning {
        Meaning::Null => "null",
        Meaning::Bool(_) => "bool",
        Meaning::Number(number) if number.is_f64() => "float",
        Meaning::Number(_) => "int",
        Meaning::Text(_) if looks_like_a_date(text) => "timestamp",
        Meaning::Text(_) => "str",
    };
    match (tag, found) {
        ("float", "int") => Ok(resolved),
        _ if tag == found => Ok(resolved),
        _ => Err(Misfit::Tag),
    }
}

fn binary(text: &str) -> Result<Resolved<'_>, Misfit> {
    use base64::Engine;
    let packed: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(packed)
        .map_err(|_| Misfit::Binary)?;
    let text = String::from_utf8(bytes).map_err(|_| Misfit::Binary)?;
    Ok(Resolved {
        meaning: Meaning::Text(Cow::Owned(text)),
        surprise: None,
    })
}

fn word(text: &str) -> Resolved<'_> {
    let meaning = match text {
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
        "true" | "True" | "TRUE" => Meaning::Bool(true),
        "false" | "False" | "FALSE" => Meaning::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return surprising(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return surprising(false),
        _ => return as_text(text),
    };
    Resolved {
        meaning,
        surprise: None,
    }
}

fn surprising(truth: bool) -> Resolved<'static> {
    Resolved {
        meaning: Meaning::Bool(truth),
        surprise: Some(Surprise::Word(truth)),
    }
}

fn numeric(text: &str, reading: Option<number::Reading>) -> Resolved<'_> {
    match reading {
        Some(reading) => Resolved {
            meaning: Meaning::Number(reading.number),
            surprise: reading.oddity.map(Surprise::Number),
        },
        None => as_text(text),
    }
}

fn as_text(text: &str) -> Resolved<'_> {
    Resolved {
        meaning: Meaning::Text(Cow::Borrowed(text)),
        surprise: None,
    }
}

fn is_infinite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

fn is_no_number(text: &str) -> bool {
    matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn looks_like_a_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut short = |most: usize| {
        let digits = parts
            .next()
            .map_or(0, |part| part.bytes().take_while(u8::is_ascii_digit).count());
        (1..=most).contains(&digits)
    };
    short(4) && short(2) && short(2)
}
