//! What Kong refuses, in words that hold nothing of a value.

use super::Flaw;
use crate::schema::FieldPath;

/// What Kong's words begin with, what is said instead, and what to do. Kong's own texts may repeat what they are about.
const SAID: [(&str, &str, &str); 12] = [
    ("invalid certificate", "is no PEM certificate", PEM),
    ("invalid key", "is no PEM key", PEM),
    ("certificate does not match key", "does not match the certificate", PAIR),
    (
        "alternative certificate does not match key",
        "does not match the alternative certificate",
        PAIR,
    ),
    (
        "certificate and alternative certificate need to have different type",
        "is of the same type (RSA, ECDSA) as the other of the two certificates",
        "give the alternative pair a key of another type",
    ),
    (
        "please submit only one certificate",
        "holds several certificates, and a CA certificate is one",
        "store each CA certificate by itself",
    ),
    (
        "certificate does not appear to be a CA",
        "is no certificate of a CA",
        "store the certificate of the CA itself",
    ),
    ("could not json decode jwk", "is no JSON, so that it is no JWK", JWK),
    (
        "kid in jwk.kid must be equal",
        "is a JWK of another kid than the key's",
        "give both the same kid",
    ),
    ("could not load JWK", "is no JWK that Kong can load", JWK),
    ("could not load p", "is no PEM key", PEM),
    (
        "public key does not match private key",
        "is no pair with the other half of the key",
        PAIR,
    ),
];

const PEM: &str = "store it as PEM text, with its lines: -----BEGIN …----- to -----END …-----";
const PAIR: &str = "store the two that were made together, and check that no reference names the other's secret";
const JWK: &str = "store the JWK as a JSON object with its kty";

/// What is wrong with the value at a path of which Kong says this; nothing if it is told better elsewhere.
pub(super) fn flaw(path: FieldPath, message: &str) -> Option<Flaw> {
    if message.starts_with("certificate expired") {
        return None;
    }
    let said = SAID.iter().find(|(begins, ..)| message.starts_with(begins));
    let (message, help) = match said {
        Some((_, said, help)) => ((*said).to_owned(), *help),
        None if names_fields_only(message) => (
            format!("does not go together with other fields: {message}"),
            "correct the fields that are named",
        ),
        None => (
            "is none that this field takes".to_owned(),
            "Kong skips the field's check for a reference; put a value into the secret that the field would take itself",
        ),
    };
    Some(Flaw {
        path,
        wrong: true,
        code: "bad-content",
        message,
        detail: None,
        help,
    })
}

/// Whether Kong's words are about fields, whose names they hold, and not about values.
fn names_fields_only(message: &str) -> bool {
    [
        "all or none of these fields must be set",
        "only one of these fields must be non-empty",
        "only one or none of these fields must be set",
        "at least one of these fields must be non-empty",
        "required field missing",
        "failed conditional validation given value of field",
    ]
    .iter()
    .any(|known| message.starts_with(known))
}
