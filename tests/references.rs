//! What Kong's own parser made of 1,785 references, and what ours makes of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use strongroom::reference::{self, OptionValue};

/// Text of the recording: a byte that is no UTF-8 is written as the lone surrogate U+DC80 to U+DCFF.
#[derive(Debug, PartialEq)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("text")
            }
            fn visit_bytes<E>(self, text: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(unescaped(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
                Ok(Bytes(text.as_bytes().to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// The bytes that lone surrogates (three bytes in the generalised form of UTF-8) stand for.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match text[at..] {
            [0xED, second @ 0xB2..=0xB3, third, ..] => {
                bytes.push(((u16::from(second & 0x3F) << 6) | u16::from(third & 0x3F)) as u8);
                at += 3;
            }
            _ => {
                bytes.push(text[at]);
                at += 1;
            }
        }
    }
    bytes
}

#[derive(Deserialize)]
struct Parsed {
    name: Bytes,
    resource: Bytes,
    key: Option<Bytes>,
    config: Option<BTreeMap<String, Value>>,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    reference: Bytes,
    is_reference: bool,
    parsed: Option<Parsed>,
    parse_error: Option<String>,
}

fn option(value: &Value) -> OptionValue {
    match value {
        Value::String(text) => OptionValue::Text(text.clone().into_bytes()),
        Value::Array(values) => OptionValue::List(values.iter().map(option).collect()),
        _ => OptionValue::Set,
    }
}

#[test]
fn every_recorded_reference_is_read_as_kong_reads_it() {
    let rows = std::fs::read("fixtures/references/answers.jsonl").expect("the recording");
    let mut count = 0;
    for line in rows.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let row: Row = serde_json::from_slice(line).expect("a row");
        check(row, &String::from_utf8_lossy(line));
        count += 1;
    }
    assert_eq!(count, 1785);
}

fn check(row: Row, shown: &str) {
    assert_eq!(reference::is_reference(&row.reference.0), row.is_reference, "{shown}");
    match reference::parse(&row.reference.0) {
        Err(error) => assert_eq!(Some(error.to_string()), row.parse_error, "{shown}"),
        Ok(found) => {
            let want = row.parsed.unwrap_or_else(|| panic!("Kong refused {shown}"));
            assert_eq!(found.name, want.name.0, "{shown}");
            assert_eq!(found.resource, want.resource.0, "{shown}");
            assert_eq!(found.version_text(), want.version, "{shown}");
            assert_eq!(found.key, want.key.map(|key| key.0), "{shown}");
            let text = |(name, value)| (String::from_utf8(name).expect("UTF-8"), value);
            let options: Option<BTreeMap<_, _>> = found.options.map(|options| options.into_iter().map(text).collect());
            let recorded = want.config.map(|config| {
                config
                    .iter()
                    .map(|(name, value)| (name.clone(), option(value)))
                    .collect()
            });
            assert_eq!(options, recorded, "{shown}");
        }
    }
}
