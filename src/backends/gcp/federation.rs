//! Workload identity federation (AIP-4117) and impersonation of service accounts.

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

/// The scope of a token that only serves to impersonate a service account.
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

/// The member with the URL at which a service account is impersonated.
const IMPERSONATION_URL_MEMBER: &str = "service_account_impersonation_url";

/// A token for the token of another provider, or that of the service account which it impersonates.
///
/// # Errors
/// There is no token, it is rejected, or the file lacks a member.
pub(crate) async fn fetch_federated_token(
    file: &GcpCredentialsFile,
    request: &TokenRequest<'_>,
) -> Result<Secret, Finding> {
    if !file.has_text_source() {
        return Err(unsupported_source_finding(file));
    }
    let endpoint = TokenEndpoint::from_credentials_file(
        file,
        "token_url",
        file.require_text("token_url")?,
        TOKEN_EXCHANGE_REFUSAL,
    )?;
    request
        .destination_policy
        .check_destination(file, &endpoint.url, "sts")?;
    let impersonation_url = file.get_text(IMPERSONATION_URL_MEMBER);
    if impersonation_url.is_some() {
        impersonation_endpoint(file, request)?;
    }
    let scope = if impersonation_url.is_some() {
        IAM_SCOPE
    } else {
        CLOUD_PLATFORM_SCOPE
    };
    let token = exchange_token(file, &endpoint, scope, request).await?;
    match impersonation_url {
        Some(_) => impersonate_service_account(file, &token, request).await,
        None => Ok(token),
    }
}

/// Exchanges the token of another provider for one of Google's (RFC 8693).
async fn exchange_token(
    file: &GcpCredentialsFile,
    endpoint: &TokenEndpoint<'_>,
    scope: &str,
    request: &TokenRequest<'_>,
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
        members.push((name, Secret::new(file.require_text(name)?)));
    }
    if let (Some(project), None) = (file.get_text("workforce_pool_user_project"), file.get_text("client_id")) {
        members.push(("options", Secret::new(json!({"userProject": project}).to_string())));
    }
    members.push(("subject_token", read_subject_token(file, request).await?));
    let http_request = VaultHttpRequest::post(endpoint.url.clone(), FORM_CONTENT_TYPE, encode_form(&members));
    let http_request = match client_authorization(file)? {
        Some(client) => http_request.with_header(AUTHORIZATION, client),
        None => http_request,
    };
    endpoint.request_token(&http_request, "access_token", request).await
}

/// The token of a service account.
///
/// # Errors
/// It may not be impersonated.
pub(crate) async fn impersonate_service_account(
    file: &GcpCredentialsFile,
    token: &Secret,
    request: &TokenRequest<'_>,
) -> Result<Secret, Finding> {
    let endpoint = impersonation_endpoint(file, request)?;
    let delegates = file.get("delegates").filter(|delegates| delegates.is_array());
    let body =
        json!({"scope": [CLOUD_PLATFORM_SCOPE], "lifetime": "3600s", "delegates": delegates.unwrap_or(&json!([]))});
    let http_request = VaultHttpRequest::post(endpoint.url.clone(), JSON_CONTENT_TYPE, Secret::new(body.to_string()));
    let http_request = http_request.with_header(AUTHORIZATION, bearer_header(token));
    endpoint.request_token(&http_request, "accessToken", request).await
}

/// Where a service account is impersonated.
///
/// # Errors
/// The file names no URL, or one that no token may be sent to.
pub(crate) fn impersonation_endpoint<'a>(
    file: &'a GcpCredentialsFile,
    request: &TokenRequest<'_>,
) -> Result<TokenEndpoint<'a>, Finding> {
    let endpoint = TokenEndpoint::from_credentials_file(
        file,
        IMPERSONATION_URL_MEMBER,
        file.require_text(IMPERSONATION_URL_MEMBER)?,
        IMPERSONATION_REFUSAL,
    )?;
    request
        .destination_policy
        .check_destination(file, &endpoint.url, "iamcredentials")?;
    Ok(endpoint)
}

/// The token of the other provider. Only what looks like a token is sent anywhere: a credentials file may name any file of
/// this machine.
async fn read_subject_token(file: &GcpCredentialsFile, request: &TokenRequest<'_>) -> Result<Secret, Finding> {
    let source = file.get("credential_source");
    let text = |name: &str| source.and_then(|source| source.get(name)?.as_str());
    let content = match (text("file"), text("url")) {
        (Some(path), _) => read_token_file(Path::new(path)).ok_or_else(|| unreadable_source_finding(file))?,
        (None, Some(url)) => fetch_subject_token(file, url, request).await?,
        (None, None) => return Err(file.bad_settings_finding("holds a credential_source that is none")),
    };
    let format = |name: &str| source.and_then(|source| source.get("format")?.get(name)?.as_str());
    let token = match (format("type"), format("subject_token_field_name")) {
        (Some("json"), Some(name)) => text_member(&content, name),
        _ => Some(Secret::new(content.expose().trim_ascii())),
    };
    token.filter(is_jwt).ok_or_else(|| unreadable_source_finding(file))
}

/// The content of a regular file, if it is small enough for a token.
fn read_token_file(path: &Path) -> Option<Secret> {
    let fits =
        std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_TOKEN_FILE_BYTES);
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

/// Reads a token of the other provider from a URL.
async fn fetch_subject_token(
    file: &GcpCredentialsFile,
    url: &str,
    request: &TokenRequest<'_>,
) -> Result<Secret, Finding> {
    let endpoint = TokenEndpoint::from_credentials_file(file, "credential_source", url, SUBJECT_TOKEN_REFUSAL)?;
    let is_metadata = is_metadata_server(&endpoint.url);
    if is_metadata && !request.allows_metadata_server {
        return Err(metadata_not_allowed_finding(file));
    }
    let mut http_request = VaultHttpRequest::get(endpoint.url.clone());
    let headers = file
        .get("credential_source")
        .and_then(|source| source.get("headers")?.as_object());
    for (name, value) in headers.into_iter().flatten() {
        let name: Option<HeaderName> = name.parse().ok();
        let (Some(name), Some(value)) = (name, value.as_str()) else {
            return Err(file.bad_settings_finding("holds a credential_source with a header that is none"));
        };
        http_request = http_request.with_header(name, Secret::new(value));
    }
    match is_metadata {
        true => {
            let content = endpoint
                .request_body(&http_request, &request.with_metadata_timeout())
                .await;
            content.map_err(|_| unreadable_source_finding(file))
        }
        false => endpoint.request_body(&http_request, request).await,
    }
}

/// No program is run for a token, and no certificate or key of AWS is used: a credentials file would choose among what this
/// machine has, and Google's library, which supports these, follows redirects with the token.
fn unsupported_source_finding(file: &GcpCredentialsFile) -> Finding {
    let GcpCredentialsFile {
        vault,
        source_name: name,
        ..
    } = file;
    let message = format!(
        "the vault '{vault}' is not asked: {name} has AWS, a program or a certificate vouch for this machine, which cannot be used from here"
    );
    Finding::new(Reason::UnsupportedLogin, message)
        .about(vault)
        .help("name a file or an address with a token as the credential_source, or give the key of a service account")
}

/// The metadata server is only asked if the operator allows it.
fn metadata_not_allowed_finding(file: &GcpCredentialsFile) -> Finding {
    let GcpCredentialsFile {
        vault,
        source_name: name,
        ..
    } = file;
    let message = format!(
        "the vault '{vault}' is not asked: {name} names the metadata server of this machine as the source of credentials"
    );
    let help = format!(
        "if it may be asked, say so where the check runs: {}=true",
        operator_variable_name(vault, "metadata")
    );
    Finding::new(Reason::NoCredentials, message).about(vault).help(help)
}

/// The credentials of the OAuth 2 client, if there are some (RFC 6749, 2.3.1).
fn client_authorization(file: &GcpCredentialsFile) -> Result<Option<Secret>, Finding> {
    let Some(id) = file.get_text("client_id") else {
        return Ok(None);
    };
    let credentials = Zeroizing::new(format!("{id}:{}", file.require_text("client_secret")?));
    let encoded = Zeroizing::new(STANDARD.encode(credentials.as_bytes()));
    Ok(Some(Secret::new([b"Basic ", encoded.as_bytes()].concat())))
}

fn unreadable_source_finding(file: &GcpCredentialsFile) -> Finding {
    let GcpCredentialsFile {
        vault,
        source_name: name,
        ..
    } = file;
    let message = format!("what {name} names as the source of credentials gives none for the vault '{vault}'");
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help("check the file or the address that its credential_source names, and the format")
}
