//! Tokens that a service account signs itself, from the side that checks them (AIP-4111, RFC 7519).

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub const EMAIL: &str = "checker@my-project-123.iam.gserviceaccount.com";
const KEY_ID: &str = "canary7f3a0123456789abcdef0123456789abcdef01";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The key that Google knows, and one that it does not, or no longer.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("a key"));
static OTHER: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("a key"));

fn pem(key: &KeyPair) -> String {
    let der = AsDer::<Pkcs8V1Der>::as_der(key).expect("PKCS #8");
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

/// A key as Google makes one (`gcloud iam service-accounts keys create`).
pub fn key() -> Value {
    key_file(&KEY)
}

/// A key that was deleted.
pub fn deleted_key() -> Value {
    key_file(&OTHER)
}

fn key_file(key: &KeyPair) -> Value {
    json!({
        "type": "service_account",
        "project_id": "another-project",
        "private_key_id": KEY_ID,
        "private_key": pem(key),
        "client_email": EMAIL,
        "client_id": "123456789012345678901",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "universe_domain": "googleapis.com"
    })
}

/// Lines of private keys, which nothing may show.
pub fn lines_of_keys() -> Vec<String> {
    let pems = [pem(&KEY), pem(&OTHER)];
    let lines = pems
        .iter()
        .flat_map(|pem| pem.lines())
        .filter(|line| !line.starts_with('-'));
    lines.map(str::to_owned).collect()
}

/// Whether Google takes a token: its signature, who signed it, what it is for, and its times.
pub fn is_good(token: &str) -> bool {
    checked(token).is_some()
}

fn checked(token: &str) -> Option<()> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let part = |text: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok() };
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, KEY.public_key().as_ref());
    public
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?)
        .ok()?;
    let (header, claims) = (part(header)?, part(claims)?);
    let header_is_right = header["alg"] == "RS256" && header["typ"] == "JWT" && header["kid"] == KEY_ID;
    // a scope, or the audience of the one service: not both
    let scope = claims["scope"] == SCOPE && claims["aud"].is_null();
    let audience = claims["aud"] == "https://secretmanager.googleapis.com/" && claims["scope"].is_null();
    let who = claims["iss"] == EMAIL && claims["sub"] == EMAIL;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let (from, to) = (claims["iat"].as_u64()?, claims["exp"].as_u64()?);
    // an hour at most, give or take what clocks differ by
    let in_time = from <= now && now < to && to - from <= 3600 + 60;
    (header_is_right && (scope || audience) && who && in_time).then_some(())
}
