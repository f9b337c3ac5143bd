use zeroize::Zeroizing;

use json::Value;
use schema::zeroize_value;

/// Why a secret has no such member. `Display` gives Kong's own message, without the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubkeyError {
    /// The secret is no JSON object and no list. Kong shows the value or the parser's error, too.
    #[error("unable to json decode value (…)")]
    Undecodable,
    /// The object has no such member.
    #[error("subfield {0} not found in JSON secret")]
    NotFound(String),
    /// The member is no string: Kong names the type that Lua has for it.
    #[error("unexpected {found} value in JSON secret for subfield {key}")]
    Unexpected {
        /// The member's name.
        key: String,
        /// Lua's name of its type.
        found: &'static str,
    },
}

/// The string that a secret's JSON object holds under a key, as Kong extracts it.
///
/// # Errors
/// The secret does not decode, has no such member, or one that is no string.
pub fn extract_subkey(secret: &[u8], key: &[u8]) -> Result<Zeroizing<Vec<u8>>, SubkeyError> {
    let decoded = ZeroizingValue::parse(secret).ok_or(SubkeyError::Undecodable)?;
    extract_member(decoded.value(), key)
}

/// A value of which every text is wiped when it is dropped.
pub struct ZeroizingValue(Value);

impl ZeroizingValue {
    /// Decodes a text, if it is JSON.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().map(Self)
    }

    pub(crate) fn new(value: Value) -> Self {
        Self(value)
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl Drop for ZeroizingValue {
    fn drop(&mut self) {
        zeroize_value(&mut self.0);
    }
}

fn extract_member(decoded: &Value, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, SubkeyError> {
    let key_text = || String::from_utf8_lossy(key).into_owned();
    let unexpected = |found| Err(SubkeyError::Unexpected { key: key_text(), found });
    let member = match decoded {
        Value::Object(members) => std::str::from_utf8(key).ok().and_then(|key| members.get(key)),
        Value::Array(_) => None,
        _ => return Err(SubkeyError::Undecodable),
    };
    match member {
        Some(Value::String(text)) => Ok(Zeroizing::new(text.clone().into_bytes())),
        Some(Value::Number(_)) => unexpected("number"),
        Some(Value::Bool(_)) => unexpected("boolean"),
        Some(Value::Null) => unexpected("userdata"),
        Some(Value::Object(_) | Value::Array(_)) => unexpected("table"),
        None => Err(SubkeyError::NotFound(key_text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_as_kong_takes_them() {
        let secret = br#"{"text":"a","empty":"","object":{},"list":[],"number":5,"null":null,"bool":true}"#;
        let extract = |secret: &[u8], key: &str| match extract_subkey(secret, key.as_bytes()) {
            Ok(text) => format!("={}", String::from_utf8_lossy(&text)),
            Err(error) => error.to_string(),
        };
        for (key, expected) in [
            ("text", "=a"),
            ("empty", "="),
            ("object", "unexpected table value in JSON secret for subfield object"),
            ("list", "unexpected table value in JSON secret for subfield list"),
            ("number", "unexpected number value in JSON secret for subfield number"),
            ("null", "unexpected userdata value in JSON secret for subfield null"),
            ("bool", "unexpected boolean value in JSON secret for subfield bool"),
            ("none", "subfield none not found in JSON secret"),
        ] {
            assert_eq!(extract(secret, key), expected);
        }
        assert_eq!(extract(b"[\"x\"]", "1"), "subfield 1 not found in JSON secret");
        for secret in ["\"canary\"", "canary", "", "5", "null", "{\"a\":\"canary\""] {
            assert_eq!(extract(secret.as_bytes(), "a"), "unable to json decode value (…)");
        }
    }
}
