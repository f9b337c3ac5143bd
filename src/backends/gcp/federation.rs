//! Those whom another provider vouches for (AIP-4117), and service accounts that lend their tokens.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName};
use zeroize::Zeroizing;

use super::giver::{Giver, member};
use super::key::Key;
use super::token::{Asking, SCOPE, bearer};
use crate::checker::variable;
use crate::http::{Call, FORM, JSON, form};
use crate::near::is_of_machine;
use json::json;
use reference::{Finding, Reason, Secret};

/// The largest file that a token is looked for in.
const LARGEST: u64 = 1 << 20;

/// What a token is to be good for that only serves to get another's.
const LENDING: &str = "https://www.googleapis.com/auth/iam";

const SUBJECT: (&str, &str) = (
    "refuses to say who runs the check",
    "let the job have such a token (in GitHub, permissions: id-token: write), and check the credential_source",
);
const EXCHANGE: (&str, &str) = (
    "does not take another provider's word for who runs the check",
    "check the audience, and the issuer, the attributes and the condition of the workload identity provider",
);
const ACCOUNT: (&str, &str) = (
    "does not let the credentials act as the service account",
    "grant roles/iam.workloadIdentityUser or roles/iam.serviceAccountTokenCreator on it, and enable the IAM Service Account Credentials API",
);

/// The member that says where a service account lends its token.
const LENDER: &str = "service_account_impersonation_url";

/// The token of somebody whom another provider vouches for, or of the service account that lends them its own.
///
/// # Errors
/// Nobody vouches, they are refused, or half of what it takes is not said.
pub async fn federated(key: &Key, asking: &Asking<'_>) -> Result<Secret, Finding> {
    if !key.names_a_text() {
        return Err(unsupported(key));
    }
    let giver = Giver::of(key, "token_url", key.need("token_url")?, EXCHANGE)?;
    asking.trust.check(key, &giver.url, "sts")?;
    let lender = key.text(LENDER);
    if lender.is_some() {
        lender_of(key, asking)?;
    }
    let scope = if lender.is_some() { LENDING } else { SCOPE };
    let token = exchanged(key, &giver, scope, asking).await?;
    match lender {
        Some(_) => lent(key, &token, asking).await,
        None => Ok(token),
    }
}

/// What another provider says of who runs the check, in a file or at an address, for a token of Google's (RFC 8693).
async fn exchanged(key: &Key, giver: &Giver<'_>, scope: &str, asking: &Asking<'_>) -> Result<Secret, Finding> {
    let mut members = vec![
        (
            "grant_type",
            Secret::new("urn:ietf:params:oauth:grant-type:token-exchange"),
        ),
        (
            "requested_token_type",
            Secret::new("urn:ietf:params:oauth:token-type:access_token"),
        ),
        ("scope", Secret::new(scope)),
    ];
    for name in ["audience", "subject_token_type"] {
        members.push((name, Secret::new(key.need(name)?)));
    }
    if let (Some(project), None) = (key.text("workforce_pool_user_project"), key.text("client_id")) {
        members.push(("options", Secret::new(json!({"userProject": project}).to_string())));
    }
    members.push(("subject_token", subject(key, asking).await?));
    let call = Call::post(giver.url.clone(), FORM, form(&members));
    let call = match client(key)? {
        Some(client) => call.header(AUTHORIZATION, client),
        None => call,
    };
    giver.ask(&call, "access_token", asking).await
}

/// The token of a service account that lends it.
///
/// # Errors
/// It is not lent.
pub async fn lent(key: &Key, token: &Secret, asking: &Asking<'_>) -> Result<Secret, Finding> {
    let giver = lender_of(key, asking)?;
    let delegates = key.get("delegates").filter(|delegates| delegates.is_array());
    let body = json!({"scope": [SCOPE], "lifetime": "3600s", "delegates": delegates.unwrap_or(&json!([]))});
    let call = Call::post(giver.url.clone(), JSON, Secret::new(body.to_string()));
    let call = call.header(AUTHORIZATION, bearer(token));
    giver.ask(&call, "accessToken", asking).await
}

/// Who lends the token of a service account.
///
/// # Errors
/// Nobody is said, or one whom no token may be shown to.
pub fn lender_of<'a>(key: &'a Key, asking: &Asking<'_>) -> Result<Giver<'a>, Finding> {
    let giver = Giver::of(key, LENDER, key.need(LENDER)?, ACCOUNT)?;
    asking.trust.check(key, &giver.url, "iamcredentials")?;
    Ok(giver)
}

/// What the other provider says of who runs the check. Only what looks like a token is shown to anybody: a file of
/// credentials may name whatever this machine has.
async fn subject(key: &Key, asking: &Asking<'_>) -> Result<Secret, Finding> {
    let source = key.get("credential_source");
    let text = |name: &str| source.and_then(|source| source.get(name)?.as_str());
    let said = match (text("file"), text("url")) {
        (Some(path), _) => content(Path::new(path)).ok_or_else(|| unread(key))?,
        (None, Some(url)) => told(key, url, asking).await?,
        (None, None) => return Err(key.unusable("holds a credential_source that is none")),
    };
    let format = |name: &str| source.and_then(|source| source.get("format")?.get(name)?.as_str());
    let token = match (format("type"), format("subject_token_field_name")) {
        (Some("json"), Some(name)) => member(&said, name),
        _ => Some(Secret::new(said.expose().trim_ascii())),
    };
    token.filter(is_token).ok_or_else(|| unread(key))
}

/// What is in a file, if it is one and no larger than a token could be with all around it.
fn content(path: &Path) -> Option<Secret> {
    let fits = std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
    let content = fits.then(|| std::fs::read(path).ok()).flatten()?;
    Some(Secret::from(Zeroizing::new(content)))
}

/// Whether a text is three parts of base64url, as a signed JWT is (RFC 7515, 3.1).
fn is_token(text: &Secret) -> bool {
    let parts: Vec<&[u8]> = text.expose().split(|byte| *byte == b'.').collect();
    let is_part = |part: &&[u8]| {
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !part.is_empty() && part.iter().all(fits)
    };
    parts.len() == 3 && parts.iter().all(is_part)
}

/// What an address says of who runs the check.
async fn told(key: &Key, url: &str, asking: &Asking<'_>) -> Result<Secret, Finding> {
    let giver = Giver::of(key, "credential_source", url, SUBJECT)?;
    let of_machine = is_of_machine(&giver.url);
    if of_machine && !asking.metadata {
        return Err(not_to_ask(key));
    }
    let mut call = Call::get(giver.url.clone());
    let headers = key
        .get("credential_source")
        .and_then(|source| source.get("headers")?.as_object());
    for (name, value) in headers.into_iter().flatten() {
        let name: Option<HeaderName> = name.parse().ok();
        let (Some(name), Some(value)) = (name, value.as_str()) else {
            return Err(key.unusable("holds a credential_source with a header that is none"));
        };
        call = call.header(name, Secret::new(value));
    }
    match of_machine {
        true => {
            let said = giver.body(&call, &asking.of_machine()).await;
            said.map_err(|_| unread(key))
        }
        false => giver.body(&call, asking).await,
    }
}

/// No program is run for a token, and no certificate or key of AWS' used: a file of credentials would choose among what this
/// machine has, and Google's library, which knows these ways, follows redirects with what it gets.
fn unsupported(key: &Key) -> Finding {
    let Key { vault, name, .. } = key;
    let message = format!(
        "the vault '{vault}' is not asked: {name} has AWS, a program or a certificate vouch for this machine, which cannot be used from here"
    );
    Finding::new(Reason::UnsupportedLogin, message)
        .about(vault)
        .help("name a file or an address with a token as the credential_source, or give the key of a service account")
}

/// Servers of the machine's cloud are asked only if the side that runs the check says so.
fn not_to_ask(key: &Key) -> Finding {
    let Key { vault, name, .. } = key;
    let message = format!(
        "the vault '{vault}' is not asked: {name} names the metadata server of this machine as the source of credentials"
    );
    let help = format!(
        "if it may be asked, say so where the check runs: {}=true",
        variable(vault, "metadata")
    );
    Finding::new(Reason::NoCredentials, message).about(vault).help(help)
}

/// The credentials of the client that asks, if it has some (RFC 6749, 2.3.1).
fn client(key: &Key) -> Result<Option<Secret>, Finding> {
    let Some(id) = key.text("client_id") else {
        return Ok(None);
    };
    let pair = Zeroizing::new(format!("{id}:{}", key.need("client_secret")?));
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    Ok(Some(Secret::new([b"Basic ", encoded.as_bytes()].concat())))
}

/// The other provider's token is not where it should be.
fn unread(key: &Key) -> Finding {
    let Key { vault, name, .. } = key;
    let message = format!("what {name} names as the source of credentials gives none for the vault '{vault}'");
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help("check the file or the address that its credential_source names, and the format")
}
