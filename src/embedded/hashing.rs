use std::num::NonZeroU32;

use aws_lc_rs::{pbkdf2, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha1::{Digest as _, Sha1};

use super::locate::foreign_id;
use super::server_generated::encode_hex;
use json::{Object, Value};
use schema::{HashMethod, HashedField, Kind};

/// How often a salted hash is turned over: as often as a test node should bear.
const PBKDF2_ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9_999);

/// Hashes the field that is stored hashed, if the kind has one.
pub(super) fn hash_field(kind: &Kind, body: &mut Object) {
    if let Some((field, hashed)) = kind
        .hashed_field
        .as_ref()
        .and_then(|hashed| Some((&hashed.field, compute_hash(hashed, body)?)))
    {
        body.insert(field.clone(), Value::from(hashed));
    }
}

fn compute_hash(hashed: &HashedField, body: &Object) -> Option<String> {
    let on = hashed
        .when
        .as_ref()
        .is_none_or(|when| body.get(when) == Some(&Value::Bool(true)));
    let plain = body.get(&hashed.field).and_then(Value::as_str).filter(|_| on)?;
    match hashed.how {
        HashMethod::Sha1With => {
            let salt = hashed
                .with
                .as_ref()
                .and_then(|field| foreign_id(body, field))
                .unwrap_or_default();
            Some(encode_hex(&Sha1::digest(format!("{plain}{salt}"))))
        }
        HashMethod::Salted => hash_with_pbkdf2(plain),
    }
}

fn hash_with_pbkdf2(plain: &str) -> Option<String> {
    let (mut salt, mut key) = ([0; 16], [0; 32]);
    rand::fill(&mut salt).ok()?;
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA512,
        PBKDF2_ROUNDS,
        &salt,
        plain.as_bytes(),
        &mut key,
    );
    let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
    Some(format!("$pbkdf2-sha512$i={PBKDF2_ROUNDS},l=32${salt}${key}"))
}
