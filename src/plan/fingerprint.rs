use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use json::Value;

/// Makes short texts that stand for secrets: equal for equal values, meaningless without the run's key.
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
    pub fn fingerprint(&self, value: &Value) -> String {
        let mut keyed = self.hmac.clone();
        match value {
            Value::String(text) => keyed.update(text.as_bytes()),
            other => keyed.update(other.to_string().as_bytes()),
        }
        let mut shown = String::with_capacity(12);
        for byte in &keyed.finalize().into_bytes()[..6] {
            let _ = write!(shown, "{byte:02x}");
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_fingerprints_under_one_key_only() {
        let (one, other) = (Fingerprinter::new(&[1; 64]), Fingerprinter::new(&[2; 64]));
        let secret = Value::from("hunter2");
        assert_eq!(one.fingerprint(&secret), one.fingerprint(&secret));
        assert_ne!(one.fingerprint(&secret), one.fingerprint(&Value::from("hunter3")));
        assert_ne!(one.fingerprint(&secret), other.fingerprint(&secret));
        assert_eq!(one.fingerprint(&secret).len(), 12);
    }
}
