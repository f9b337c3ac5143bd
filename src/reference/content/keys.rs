use super::messages::PEM_HELP;
use super::{FieldIssue, ResolvedField};
use schema::{FieldCheck, FieldPath, Kind, KindCheck, PathSegment, Record, is_private_key, is_public_key};
use yaml::DiagnosticCode;

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
            code: DiagnosticCode::BadContent,
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
    let is_private = |check: &KindCheck| matches!(check, KindCheck::Pair { private, .. } if private == name);
    if outer.is_empty() && kind.checks.iter().any(is_private) {
        return Some(KeyHalf::Private);
    }
    let outer = record.field_at(&FieldPath(outer.to_vec()))?;
    outer.checks.iter().find_map(|check| match check {
        FieldCheck::KeyPair(pair) if pair.private == *name => Some(KeyHalf::Private),
        FieldCheck::KeyPair(pair) if pair.public == *name => Some(KeyHalf::Public),
        _ => None,
    })
}
