use super::told::PEM;
use super::{Flaw, Put};
use json::Value;
use schema::{FieldPath, Kind, Record, Segment, is_private_key, is_public_key};

/// Which half of a pair a field holds.
enum Half {
    Private,
    Public,
}

/// What is the matter with the halves of key pairs, each by itself: what Kong's own checks let through, or say less of, for
/// they stop at the first.
pub(super) fn flaws(kind: &Kind, record: &Record, values: &[Put<'_>]) -> Vec<Flaw> {
    let flaw = |put: &Put<'_>| {
        let text = put.value.text().filter(|text| !text.is_empty())?;
        let (message, help) = match half(kind, record, &put.path)? {
            Half::Private => no_private_key(text),
            Half::Public => no_public_key(text),
        }?;
        Some(Flaw {
            path: put.path.clone(),
            wrong: true,
            code: "bad-content",
            message: message.to_owned(),
            detail: None,
            help,
        })
    };
    values.iter().filter_map(flaw).collect()
}

type Said = (&'static str, &'static str);

fn no_private_key(text: &str) -> Option<Said> {
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
        _ => Some(("is no PEM key", PEM)),
    }
}

fn no_public_key(text: &str) -> Option<Said> {
    match text {
        _ if is_public_key(text) => None,
        _ if text.contains("PRIVATE KEY-----") => Some((
            "is a private key where a public one belongs",
            "store the public half, and keep the private one out of what others may read",
        )),
        _ => Some(("is no PEM key", PEM)),
    }
}

/// Which half a field holds, as the checks of its kind or of its record say.
fn half(kind: &Kind, record: &Record, path: &FieldPath) -> Option<Half> {
    let (Segment::Name(name), outer) = path.0.split_last()? else {
        return None;
    };
    let of_kind = kind.checks.iter().filter(|check| check.check == "pair");
    let of_kind = of_kind.map(|check| &check.arguments).filter(|_| outer.is_empty());
    let outer = record.field_at(&FieldPath(outer.to_vec()));
    let checks = outer.and_then(|field| field.rules.get("checks")?.as_array());
    let of_record = checks.into_iter().flatten().filter_map(|check| check.get("key_pair"));
    let mut pairs = of_kind.chain(of_record);
    pairs.find_map(|pair| {
        let is = |part: &str| pair.get(part).and_then(Value::as_str) == Some(name);
        match (is("private"), is("public")) {
            (true, _) => Some(Half::Private),
            (_, true) => Some(Half::Public),
            _ => None,
        }
    })
}
