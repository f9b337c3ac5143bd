//! Bytes as JSON text. What is no UTF-8 is written as lone surrogates, one a byte: U+DC80 to U+DCFF.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, IgnoredAny, Visitor};

/// The bytes that a JSON string stands for; `None` if the text is no JSON string.
pub fn decode_json_string(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let bytes = reader.deserialize_bytes(JsonStringVisitor).ok()?;
    reader.end().ok().map(|()| bytes)
}

/// The JSON string that stands for bytes, quotes and all.
pub fn encode_json_string(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let quoted = json::Value::from(chunk.valid()).to_string();
        text.push_str(&quoted[1..quoted.len() - 1]);
        for byte in chunk.invalid() {
            text.push_str(&format!("\\udc{byte:02x}"));
        }
    }
    text.push('"');
    text
}

/// Reads a string. Lone surrogates arrive as three bytes, in the generalised form of UTF-8.
struct JsonStringVisitor;

impl Visitor<'_> for JsonStringVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Vec<u8>, E> {
        Ok(restore_raw_bytes(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        Ok(text.as_bytes().to_vec())
    }
}

/// Replaces lone surrogates by the bytes that they stand for.
fn restore_raw_bytes(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match rest {
            [0xED, second @ 0xB2..=0xB3, third, after @ ..] => {
                bytes.push((second << 6) | (third & 0x3F));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_a_round_trip_through_json() {
        for bytes in [
            &b"a\xC3\xA9"[..],
            b"\xC3\x7F\xA9",
            b"\x80\xFF\"\\\n",
            b"",
            b"\xED\xA0\x80",
        ] {
            assert_eq!(
                decode_json_string(encode_json_string(bytes).as_bytes()).as_deref(),
                Some(bytes)
            );
        }
        assert_eq!(encode_json_string(b"\xC3\x7F"), "\"\\udcc3\u{7f}\"");
    }

    #[test]
    fn only_a_json_string_is_read() {
        for text in [
            &b""[..],
            b"a",
            b"1",
            b"[\"a\"]",
            b"\"a",
            b"\"a\" x",
            b"\"\x01\"",
            b"\"\xFF\"",
            b"[1, 2]",
        ] {
            assert_eq!(decode_json_string(text), None, "{text:?}");
        }
        assert_eq!(
            decode_json_string(b" \"\\ud83d\\ude00\"\r").as_deref(),
            Some("\u{1F600}".as_bytes())
        );
    }
}
