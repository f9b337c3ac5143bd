use bytes::Bytes;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

/// A copy of a secret, wiped when its last user drops it.
pub fn zeroizing_bytes(bytes: &[u8]) -> Bytes {
    Bytes::from_owner(Zeroizing::new(bytes.to_vec()))
}

/// The value of a header that bears a secret: never shown by `Debug`, never compressed by HTTP/2, wiped once sent. Nothing
/// is trimmed.
pub fn sensitive_header_value(value: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(zeroizing_bytes(value)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensitive_header_is_not_shown() {
        let value = sensitive_header_value(b"hush").expect("a value");
        assert_eq!(
            (value.as_bytes(), format!("{value:?}").as_str()),
            (&b"hush"[..], "Sensitive")
        );
        assert_eq!(sensitive_header_value(b"hush\nX: y"), None);
    }
}
