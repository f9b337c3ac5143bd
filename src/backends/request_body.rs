//! Bodies of requests that hold secrets, of which no copy stays behind.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde::Serializer;
use zeroize::Zeroizing;

use reference::Secret;

pub(crate) const JSON_CONTENT_TYPE: &str = "application/json";

pub(crate) const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// A JSON object of texts. Bytes that are no text are replaced.
pub(crate) fn encode_json_object(members: &[(&'static str, Secret)]) -> Secret {
    // large enough for a value of control characters alone, so that the body never moves
    let size = members
        .iter()
        .map(|(name, value)| name.len() + 6 * value.expose().len() + 6);
    let mut body = Zeroizing::new(Vec::with_capacity(size.sum::<usize>() + 2));
    let texts = members
        .iter()
        .map(|(name, value)| (*name, String::from_utf8_lossy(value.expose())));
    // writing texts to memory cannot fail; an object that is not whole would be refused by whoever reads it
    let _ = serde_json::Serializer::new(&mut *body).collect_map(texts);
    Secret::from(body)
}

pub(crate) fn encode_form(members: &[(&'static str, Secret)]) -> Secret {
    let size = members
        .iter()
        .map(|(name, value)| name.len() + 3 * value.expose().len() + 2);
    let mut body = Zeroizing::new(Vec::with_capacity(size.sum()));
    for (name, value) in members {
        if !body.is_empty() {
            body.push(b'&');
        }
        body.extend_from_slice(name.as_bytes());
        body.push(b'=');
        let encoded = percent_encode(value.expose(), NON_ALPHANUMERIC);
        encoded.for_each(|piece| body.extend_from_slice(piece.as_bytes()));
    }
    Secret::from(body)
}
