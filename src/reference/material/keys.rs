use serde_json::Value;

use super::{Flaw, Put};
use crate::schema::{FieldPath, Kind, Record, Segment, is_private_key};

/// What is the matter with keys that must be private and can be used: what Kong's own checks let through, or say less of.
pub(super) fn flaws(kind: &Kind, record: &Record, values: &[Put<'_>]) -> Vec<Flaw> {
    let private = values.iter().filter(|put| is_private(kind, record, &put.path));
    let flaw = |put: &Put<'_>| {
        let (message, help) = match put.value.text()? {
            text if is_private_key(text) => return None,
            text if text.contains("ENCRYPTED") => (
                "is a private key under a passphrase, which Kong cannot open",
                "store the key without a passphrase",
            ),
            text if text.contains("PUBLIC KEY-----") => (
                "is a public key where a private one belongs",
                "store the private key that goes with the certificate or the public key",
            ),
            _ => return None,
        };
        Some(Flaw {
            path: put.path.clone(),
            wrong: true,
            code: "bad-content",
            message: message.to_owned(),
            detail: None,
            help,
        })
    };
    private.filter_map(flaw).collect()
}

/// Whether a field holds the private half of a pair, as the checks of its kind or of its record say.
fn is_private(kind: &Kind, record: &Record, path: &FieldPath) -> bool {
    let Some((Segment::Name(name), outer)) = path.0.split_last() else {
        return false;
    };
    let is = |part: Option<&Value>| part.and_then(Value::as_str) == Some(name);
    let of_kind = || {
        let mut pairs = kind.checks.iter().filter(|check| check.check == "pair");
        pairs.any(|check| is(check.arguments.get("private")))
    };
    let outer = record.field_at(&FieldPath(outer.to_vec()));
    let checks = outer.and_then(|field| field.rules.get("checks")?.as_array());
    let mut pairs = checks.into_iter().flatten().filter_map(|check| check.get("key_pair"));
    path.0.len() == 1 && of_kind() || pairs.any(|pair| is(pair.get("private")))
}
