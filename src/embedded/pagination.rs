use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::EmbeddedError;
use super::request_target::RequestTarget;
use json::{Value, json};

/// Kong's decoder: URL alphabet, with or without padding, whatever the last bits are.
const OFFSET_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What Kong does not encode in a query.
const QUERY_ENCODE_SET: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b'/');

const DEFAULT_PAGE_SIZE: usize = 100;
const MAX_PAGE_SIZE: usize = 1000;

/// Which page of a list is requested.
pub(super) struct PageParams {
    pub(super) size: usize,
    /// The primary key after which it begins, nothing at the start.
    pub(super) after: Vec<String>,
}

impl PageParams {
    /// Reads `size` and `offset`.
    ///
    /// # Errors
    /// An invalid size or offset.
    pub(super) fn from_target(incoming: &RequestTarget) -> Result<Self, EmbeddedError> {
        Ok(Self {
            size: incoming.query_param("size").map_or(Ok(DEFAULT_PAGE_SIZE), parse_size)?,
            after: incoming.query_param("offset").map_or(Ok(Vec::new()), decode_offset)?,
        })
    }

    /// The part of the primary key at that place, empty at the start of the list.
    pub(super) fn after_key(&self, at: usize) -> &str {
        self.after.get(at).map_or("", String::as_str)
    }
}

/// The offset of a page that follows that primary key.
pub(super) fn encode_offset(key: &[&str]) -> String {
    OFFSET_BASE64.encode(json!(key).to_string())
}

/// The link to the page at that offset. Links of nested lists lack the size and the tags.
pub(super) fn next_link(incoming: &RequestTarget, offset: &str, nested: bool) -> String {
    let mut link = format!("{}?offset={offset}", incoming.path);
    for name in ["tags", "size"] {
        if let Some(value) = incoming.query_param(name).filter(|_| !nested) {
            link.push_str(&format!("&{name}={}", utf8_percent_encode(value, QUERY_ENCODE_SET)));
        }
    }
    link
}

fn parse_size(text: &str) -> Result<usize, EmbeddedError> {
    let number: f64 = text
        .trim()
        .parse()
        .map_err(|_| EmbeddedError::InvalidSize("size must be a number"))?;
    if number.fract() == 0.0 && (1.0..=MAX_PAGE_SIZE as f64).contains(&number) {
        Ok(number as usize)
    } else {
        Err(EmbeddedError::InvalidSize("size must be an integer between 1 and 1000"))
    }
}

fn decode_offset(text: &str) -> Result<Vec<String>, EmbeddedError> {
    let invalid = |reason| EmbeddedError::InvalidOffset {
        offset: text.to_owned(),
        reason,
    };
    let decoded = OFFSET_BASE64.decode(text).map_err(|_| invalid("bad base64 encoding"))?;
    let key: Vec<Value> = serde_json::from_slice(&decoded).map_err(|_| invalid("bad json encoding"))?;
    key.into_iter()
        .map(|part| match part {
            Value::String(part) => Ok(part),
            _ => Err(invalid("bad json encoding")),
        })
        .collect()
}
