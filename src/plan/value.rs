use std::fmt::{self, Write as _};
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use json::{Number, Object, Value};
use schema::{FieldPath, PathSegment};

/// A value of a plan: what is secret is a [`PlanSecret`], so that it cannot be shown.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanValue {
    /// `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text that is not secret.
    String(String),
    /// A list.
    List(Vec<PlanValue>),
    /// Named values.
    Map(Vec<(String, PlanValue)>),
    /// A value that is never shown.
    Secret(PlanSecret),
}

impl PlanValue {
    /// Of two redactions of one value the one that hides what either does.
    pub(crate) fn merge_redactions(self, other: Self) -> Self {
        match (self, other) {
            (_, secret @ Self::Secret(_)) => secret,
            (Self::List(members), Self::List(others)) => {
                let both = members.into_iter().zip(others);
                Self::List(both.map(|(member, other)| member.merge_redactions(other)).collect())
            }
            (Self::Map(members), Self::Map(others)) => {
                let both = members.into_iter().zip(others);
                Self::Map(
                    both.map(|((name, member), (_, other))| (name, member.merge_redactions(other)))
                        .collect(),
                )
            }
            (value, _) => value,
        }
    }

    /// The body that is sent, secrets in clear: the members of a map, which every body is.
    pub fn to_request_body(&self) -> Object {
        match self {
            Self::Map(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), member.to_request_json()))
                .collect(),
            _ => Object::new(),
        }
    }

    fn to_request_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::String(value) => Value::String(value.clone()),
            Self::List(members) => Value::Array(members.iter().map(Self::to_request_json).collect()),
            Self::Map(_) => Value::Object(self.to_request_body()),
            Self::Secret(secret) => secret.expose().clone(),
        }
    }
}

/// A secret value: reports see its fingerprint and where it comes from.
#[derive(Clone)]
pub struct PlanSecret {
    value: Arc<Value>,
    fingerprint: String,
    /// Where the value comes from.
    pub origin: SecretOrigin,
}

/// Where a secret of a plan comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretOrigin {
    /// A state file's text.
    File,
    /// Environment variables.
    Environment(Vec<String>),
    /// The control plane.
    Live,
}

impl PlanSecret {
    /// The fingerprint comes from the run's [`Fingerprinter`].
    pub fn new(value: Value, fingerprint: String, origin: SecretOrigin) -> Self {
        Self {
            value: Arc::new(value),
            fingerprint,
            origin,
        }
    }

    /// The value. Used where a request's body is filled in, and nowhere else.
    pub fn expose(&self) -> &Value {
        &self.value
    }

    /// A short text that is equal for equal values of one field of one entity within one run.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl PartialEq for PlanSecret {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl fmt::Debug for PlanSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<secret {}>", self.fingerprint)
    }
}

/// Makes short texts that reports show instead of secrets: equal for equal values of one field of one entity, meaningless
/// without the run's key. Values of two fields cannot be compared: whoever writes a guess beside a secret learns nothing.
#[derive(Clone)]
pub struct Fingerprinter {
    hmac: Hmac<Sha256>,
}

impl Fingerprinter {
    /// Fingerprints under a key, which should be random and is good for one run.
    pub fn new(key: &[u8; 64]) -> Self {
        Self {
            hmac: Hmac::new(key.into()),
        }
    }

    /// Twelve hex digits.
    pub fn fingerprint(&self, entity: Uuid, path: &FieldPath, value: &Value) -> String {
        let mut hmac = self.hmac.clone();
        hmac.update(entity.as_bytes());
        for segment in &path.0 {
            match segment {
                PathSegment::Name(name) => {
                    hmac.update(&[0]);
                    hmac.update(&name.len().to_be_bytes());
                    hmac.update(name.as_bytes());
                }
                PathSegment::Index(index) => {
                    hmac.update(&[1]);
                    hmac.update(&index.to_be_bytes());
                }
            }
        }
        hmac.update(&[2]);
        match value {
            Value::String(text) => hmac.update(text.as_bytes()),
            other => hmac.update(other.to_string().as_bytes()),
        }
        let mut text = String::with_capacity(12);
        for byte in &hmac.finalize().into_bytes()[..6] {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_fingerprints_in_one_field_under_one_key_only() {
        let (one, other) = (Fingerprinter::new(&[1; 64]), Fingerprinter::new(&[2; 64]));
        let secret = Value::from("hunter2");
        let (id, path) = (Uuid::from_u128(1), FieldPath::from_field("key"));
        let fingerprint = one.fingerprint(id, &path, &secret);
        assert_eq!(fingerprint, one.fingerprint(id, &path, &secret));
        assert_eq!(fingerprint.len(), 12);
        for different in [
            one.fingerprint(id, &path, &Value::from("hunter3")),
            other.fingerprint(id, &path, &secret),
            one.fingerprint(Uuid::from_u128(2), &path, &secret),
            one.fingerprint(id, &FieldPath::from_field("secret"), &secret),
            one.fingerprint(id, &path.with_index(0), &secret),
            one.fingerprint(id, &path.with_name("key"), &secret),
        ] {
            assert_ne!(fingerprint, different);
        }
    }
}
