//! Those whom another provider vouches for (AIP-4117), and service accounts that lend their tokens.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName};
use zeroize::Zeroizing;

use super::credentials_file::GcpCredentialsFile;
use super::token::{CLOUD_PLATFORM_SCOPE, TokenRequest, bearer_header};
use super::token_endpoint::{TokenEndpoint, text_member};
use crate::operator::operator_variable_name;
use crate::proxy_bypass::is_metadata_server;
use crate::request_body::{FORM_CONTENT_TYPE, JSON_CONTENT_TYPE, encode_form};
use crate::vault_http::VaultHttpRequest;
use json::json;
use reference::{Finding, Reason, Secret};

/// The largest file that a token is looked for in.
const MAX_TOKEN_FILE_BYTES: u64 = 1 << 20;

/// What a token is to be good for that only serves to get another's.
const IAM_SCOPE: &str = "https://www.googleapis.com/auth/iam";

const SUBJECT_TOKEN_REFUSAL: (&str, &str) = (
    "refuses to say who runs the check",
    "let the job have such a token (in GitHub, permissions: id-token: write), and check the credential_source",
);
const TOKEN_EXCHANGE_REFUSAL: (&str, &str) = (
    "does not take another provider's word for who runs the check",
    "check the audience, and the issuer, the attributes and the condition of the workload identity provider",
);
const IMPERSONATION_REFUSAL: (&str, &str) = (
    "does not let the credentials act as the service account",
    "grant roles/iam.workloadIdentityUser or roles/iam.serviceAccountTokenCreator on it, and enable the IAM Service Account Credentials API",
);

/// The member that says where a service account lends its token.
const IMPERSONATION_URL_MEMBER: &str = "service_account_impersonation_url";

/// The token of somebody whom another provider vouches for, or of the service account that lends them its own.
///
/// # Errors
/// Nobody vouches, they are refused, or half of what it takes is not said.
pub async fn fetch_federated_token(key: &GcpCredentialsFile, asking: &TokenRequest<'_>) -> Result<Secret, Finding> {
    if !key.has_text_source() {
        return Err(unsupported_source_finding(key));
    }
    let giver =
        TokenEndpoint::from_credentials_file(key, "token_url", key.require_text("token_url")?, TOKEN_EXCHANGE_REFUSAL)?;
    asking.destination_policy.check_destination(key, &giver.url, "sts")?;
    let lender = key.get_text(IMPERSONATION_URL_MEMBER);
    if lender.is_some() {
        impersonation_endpoint(key, asking)?;
    }
    let scope = if lender.is_some() {
        IAM_SCOPE
    } else {
        CLOUD_PLATFORM_SCOPE
    };
    let token = exchange_token(key, &giver, scope, asking).await?;
    match lender {
        Some(_) => impersonate_service_account(key, &token, asking).await,
        None => Ok(token),
    }
}

/// What another provider says of who runs the check, in a file or at an address, for a token of Google's (RFC 8693).
async fn exchange_token(
    key: &GcpCredentialsFile,
    giver: &TokenEndpoint<'_>,
    scope: &str,
    asking: &TokenRequest<'_>,
) -> Result<Secret, Finding> {
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
        members.push((name, Secret::new(key.require_text(name)?)));
    }
    if let (Some(project), None) = (key.get_text("workforce_pool_user_project"), key.get_text("client_id")) {
        members.push(("options", Secret::new(json!({"userProject": project}).to_string())));
    }
    members.push(("subject_token", read_subject_token(key, asking).await?));
    let call = VaultHttpRequest::post(giver.url.clone(), FORM_CONTENT_TYPE, encode_form(&members));
    let call = match client_authorization(key)? {
        Some(client) => call.with_header(AUTHORIZATION, client),
        None => call,
    };
    giver.request_token(&call, "access_token", asking).await
}

/// The token of a service account that lends it.
///
/// # Errors
/// It is not lent.
pub async fn impersonate_service_account(
    key: &GcpCredentialsFile,
    token: &Secret,
    asking: &TokenRequest<'_>,
) -> Result<Secret, Finding> {
    let giver = impersonation_endpoint(key, asking)?;
    let delegates = key.get("delegates").filter(|delegates| delegates.is_array());
    let body =
        json!({"scope": [CLOUD_PLATFORM_SCOPE], "lifetime": "3600s", "delegates": delegates.unwrap_or(&json!([]))});
    let call = VaultHttpRequest::post(giver.url.clone(), JSON_CONTENT_TYPE, Secret::new(body.to_string()));
    let call = call.with_header(AUTHORIZATION, bearer_header(token));
    giver.request_token(&call, "accessToken", asking).await
}

/// Who lends the token of a service account.
///
/// # Errors
/// Nobody is said, or one whom no token may be shown to.
pub fn impersonation_endpoint<'a>(
    key: &'a GcpCredentialsFile,
    asking: &TokenRequest<'_>,
) -> Result<TokenEndpoint<'a>, Finding> {
    let giver = TokenEndpoint::from_credentials_file(
        key,
        IMPERSONATION_URL_MEMBER,
        key.require_text(IMPERSONATION_URL_MEMBER)?,
        IMPERSONATION_REFUSAL,
    )?;
    asking
        .destination_policy
        .check_destination(key, &giver.url, "iamcredentials")?;
    Ok(giver)
}

/// What the other provider says of who runs the check. Only what looks like a token is shown to anybody: a file of
/// credentials may name whatever this machine has.
async fn read_subject_token(key: &GcpCredentialsFile, asking: &TokenRequest<'_>) -> Result<Secret, Finding> {
    let source = key.get("credential_source");
    let text = |name: &str| source.and_then(|source| source.get(name)?.as_str());
    let said = match (text("file"), text("url")) {
        (Some(path), _) => read_token_file(Path::new(path)).ok_or_else(|| unreadable_source_finding(key))?,
        (None, Some(url)) => fetch_subject_token(key, url, asking).await?,
        (None, None) => return Err(key.bad_settings_finding("holds a credential_source that is none")),
    };
    let format = |name: &str| source.and_then(|source| source.get("format")?.get(name)?.as_str());
    let token = match (format("type"), format("subject_token_field_name")) {
        (Some("json"), Some(name)) => text_member(&said, name),
        _ => Some(Secret::new(said.expose().trim_ascii())),
    };
    token.filter(is_jwt).ok_or_else(|| unreadable_source_finding(key))
}

/// What is in a file, if it is one and no larger than a token could be with all around it.
fn read_token_file(path: &Path) -> Option<Secret> {
    let fits = std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= MAX_TOKEN_FILE_BYTES);
    let content = fits.then(|| std::fs::read(path).ok()).flatten()?;
    Some(Secret::from(Zeroizing::new(content)))
}

/// Whether a text is three parts of base64url, as a signed JWT is (RFC 7515, 3.1).
fn is_jwt(text: &Secret) -> bool {
    let parts: Vec<&[u8]> = text.expose().split(|byte| *byte == b'.').collect();
    let is_part = |part: &&[u8]| {
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !part.is_empty() && part.iter().all(fits)
    };
    parts.len() == 3 && parts.iter().all(is_part)
}

/// What an address says of who runs the check.
async fn fetch_subject_token(
    key: &GcpCredentialsFile,
    url: &str,
    asking: &TokenRequest<'_>,
) -> Result<Secret, Finding> {
    let giver = TokenEndpoint::from_credentials_file(key, "credential_source", url, SUBJECT_TOKEN_REFUSAL)?;
    let of_machine = is_metadata_server(&giver.url);
    if of_machine && !asking.allows_metadata_server {
        return Err(metadata_not_allowed_finding(key));
    }
    let mut call = VaultHttpRequest::get(giver.url.clone());
    let headers = key
        .get("credential_source")
        .and_then(|source| source.get("headers")?.as_object());
    for (name, value) in headers.into_iter().flatten() {
        let name: Option<HeaderName> = name.parse().ok();
        let (Some(name), Some(value)) = (name, value.as_str()) else {
            return Err(key.bad_settings_finding("holds a credential_source with a header that is none"));
        };
        call = call.with_header(name, Secret::new(value));
    }
    match of_machine {
        true => {
            let said = giver.request_body(&call, &asking.with_metadata_timeout()).await;
            said.map_err(|_| unreadable_source_finding(key))
        }
        false => giver.request_body(&call, asking).await,
    }
}

/// No program is run for a token, and no certificate or key of AWS' used: a file of credentials would choose among what this
/// machine has, and Google's library, which knows these ways, follows redirects with what it gets.
fn unsupported_source_finding(key: &GcpCredentialsFile) -> Finding {
    let GcpCredentialsFile {
        vault,
        source_name: name,
        ..
    } = key;
    let message = format!(
        "the vault '{vault}' is not asked: {name} has AWS, a program or a certificate vouch for this machine, which cannot be used from here"
    );
    Finding::new(Reason::UnsupportedLogin, message)
        .about(vault)
        .help("name a file or an address with a token as the credential_source, or give the key of a service account")
}

/// Servers of the machine's cloud are asked only if the side that runs the check says so.
fn metadata_not_allowed_finding(key: &GcpCredentialsFile) -> Finding {
    let GcpCredentialsFile {
        vault,
        source_name: name,
        ..
    } = key;
    let message = format!(
        "the vault '{vault}' is not asked: {name} names the metadata server of this machine as the source of credentials"
    );
    let help = format!(
        "if it may be asked, say so where the check runs: {}=true",
        operator_variable_name(vault, "metadata")
    );
    Finding::new(Reason::NoCredentials, message).about(vault).help(help)
}

/// The credentials of the client that asks, if it has some (RFC 6749, 2.3.1).
fn client_authorization(key: &GcpCredentialsFile) -> Result<Option<Secret>, Finding> {
    let Some(id) = key.get_text("client_id") else {
        return Ok(None);
    };
    let pair = Zeroizing::new(format!("{id}:{}", key.require_text("client_secret")?));
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    Ok(Some(Secret::new([b"Basic ", encoded.as_bytes()].concat())))
}

/// The other provider's token is not where it should be.
fn unreadable_source_finding(key: &GcpCredentialsFile) -> Finding {
    let GcpCredentialsFile {
        vault,
        source_name: name,
        ..
    } = key;
    let message = format!("what {name} names as the source of credentials gives none for the vault '{vault}'");
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help("check the file or the address that its credential_source names, and the format")
}
