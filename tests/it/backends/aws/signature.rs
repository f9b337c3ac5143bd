//! Signature Version 4, as AWS describes it, from the side that checks it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::common::fake_server::ReceivedRequest;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Whose key a request was signed with.
pub fn key_id(heard: &ReceivedRequest) -> Option<&str> {
    let (_, rest) = heard.header("authorization")?.split_once("Credential=")?;
    Some(rest.split_once('/')?.0)
}

/// Whether a request is signed by that key for that service, everything that AWS wants signed included.
pub fn is_signed(heard: &ReceivedRequest, secret: &str, region: &str, service: &str) -> bool {
    signed(heard, secret, region, service).unwrap_or(false)
}

fn signed(heard: &ReceivedRequest, secret: &str, region: &str, service: &str) -> Option<bool> {
    let said = heard.header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let part = |name: &str| {
        said.split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let (credential, names, signature) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let time = heard.header("x-amz-date")?;
    let day = time.get(..8)?;
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let (_, said_scope) = credential.split_once('/')?;
    let names: Vec<&str> = names.split(';').collect();
    let must = heard
        .head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name);
    let must = must
        .map(str::to_ascii_lowercase)
        .filter(|name| name == "host" || name.starts_with("x-amz-"));
    if said_scope != scope || must.into_iter().any(|name| !names.contains(&name.as_str())) {
        return Some(false);
    }
    let headers = names
        .iter()
        .map(|name| Some(format!("{name}:{}\n", heard.header(name)?)));
    let headers = headers.collect::<Option<String>>()?;
    let (path, query) = heard.path.split_once('?').unwrap_or((&heard.path, ""));
    let body = hex(&Sha256::digest(heard.body.as_bytes()));
    let request = format!(
        "{}\n{path}\n{query}\n{headers}\n{}\n{body}",
        heard.method,
        names.join(";")
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hex(&Sha256::digest(request.as_bytes()))
    );
    let key = [region, service, "aws4_request"]
        .iter()
        .fold(keyed(format!("AWS4{secret}").as_bytes(), day), |key, part| {
            keyed(&key, part)
        });
    Some(hex(&keyed(&key, &text)) == signature)
}
