use super::messages::PEM_HELP;
use super::{FieldIssue, ResolvedField, field_checks};
use json::Value;
use schema::{FieldPath, Kind, PathSegment, Record, is_private_key, is_public_key};

/// Which half of a pair a field holds.
enum KeyHalf {
    Private,
    Public,
}

/// The issues of the halves of key pairs, each by itself: Kong's own checks let some through, and stop at the first error.
pub(super) fn find_key_issues(kind: &Kind, record: &Record, values: &[ResolvedField<'_>]) -> Vec<FieldIssue> {
    let issue = |field: &ResolvedField<'_>| {
        let text = field.value.text().filter(|text| !text.is_empty())?;
        let (message, help) = match key_half(kind, record, &field.path)? {
            KeyHalf::Private => check_private_key(text),
            KeyHalf::Public => check_public_key(text),
        }?;
        Some(FieldIssue {
            path: field.path.clone(),
            is_error: true,
            code: "bad-content",
            message: message.to_owned(),
            detail: None,
            help,
        })
    };
    values.iter().filter_map(issue).collect()
}

type MessageAndHelp = (&'static str, &'static str);

fn check_private_key(text: &str) -> Option<MessageAndHelp> {
    match text {
        _ if is_private_key(text) => None,
        _ if text.contains("ENCRYPTED") => Some((
            "is a private key under a passphrase, which Kong cannot open",
            "store the key without a passphrase",
        )),
        _ if text.contains("PUBLIC KEY-----") => Some((
            "is a public key where a private one belongs",
            "store the private key that goes with the certificate or the public key",
        )),
        _ => Some(("is no PEM key", PEM_HELP)),
    }
}

fn check_public_key(text: &str) -> Option<MessageAndHelp> {
    match text {
        _ if is_public_key(text) => None,
        _ if text.contains("PRIVATE KEY-----") => Some((
            "is a private key where a public one belongs",
            "store the public half, and keep the private one out of what others may read",
        )),
        _ => Some(("is no PEM key", PEM_HELP)),
    }
}

/// Which half a field holds, as the checks of its kind or of its record say.
fn key_half(kind: &Kind, record: &Record, path: &FieldPath) -> Option<KeyHalf> {
    let (PathSegment::Name(name), outer) = path.0.split_last()? else {
        return None;
    };
    let kind_pairs = kind.checks.iter().filter(|check| check.check == "pair");
    let kind_pairs = kind_pairs.map(|check| &check.arguments).filter(|_| outer.is_empty());
    let outer = record.field_at(&FieldPath(outer.to_vec()));
    let record_checks = outer.into_iter().flat_map(field_checks);
    let record_pairs = record_checks.filter_map(|check| check.get("key_pair"));
    let mut pairs = kind_pairs.chain(record_pairs);
    pairs.find_map(|pair| {
        let is_half = |half: &str| pair.get(half).and_then(Value::as_str) == Some(name);
        match (is_half("private"), is_half("public")) {
            (true, _) => Some(KeyHalf::Private),
            (_, true) => Some(KeyHalf::Public),
            _ => None,
        }
    })
}
