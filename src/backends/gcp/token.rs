use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::credentials_file::{GcpCredentialsFile, GcpCredentialsType};
use super::destination_policy::GcpDestinationPolicy;
use super::federation::{fetch_federated_token, impersonate_service_account, impersonation_endpoint};
use super::self_signed_jwt::sign_token;
use super::token_endpoint::TokenEndpoint;
use crate::operator::operator_variable_name;
use crate::request_body::{FORM_CONTENT_TYPE, encode_form};
use crate::vault_http::{VaultHttpClient, VaultHttpOptions, VaultHttpRequest};
use reference::{Finding, Reason, Secret};

pub(crate) const CLOUD_PLATFORM_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long the metadata server may take.
pub(crate) const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// Where the refresh token of a person's login is exchanged.
const DEFAULT_TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

const LOGIN_REFUSAL: (&str, &str) = (
    "refuses the login",
    "log in again: gcloud auth application-default login",
);

/// What requesting a token takes.
pub(crate) struct TokenRequest<'a> {
    pub(crate) vault: &'a str,
    pub(crate) deadline: Instant,
    pub(crate) allows_metadata_server: bool,
    pub(crate) destination_policy: &'a GcpDestinationPolicy,
}

impl TokenRequest<'_> {
    /// A client for as long as there is time.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn http_client(&self) -> Result<VaultHttpClient, Finding> {
        VaultHttpClient::new(&VaultHttpOptions::new(self.vault, self.remaining_time()))
    }

    /// The same for the metadata server, which responds soon or not at all.
    pub(crate) fn with_metadata_timeout(&self) -> Self {
        Self {
            deadline: self.deadline.min(Instant::now() + METADATA_TIMEOUT),
            ..*self
        }
    }

    pub(crate) fn remaining_time(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// A token for a credentials file.
///
/// # Errors
/// The credentials make no sense, or are rejected.
pub(crate) fn fetch_token<'a>(
    file: GcpCredentialsFile,
    request: &'a TokenRequest<'a>,
) -> BoxFuture<'a, Result<Secret, Finding>> {
    async move {
        match file.credentials_type() {
            GcpCredentialsType::ServiceAccount => sign_token(file).await,
            GcpCredentialsType::AuthorizedUser => refresh_access_token(&file, request).await,
            GcpCredentialsType::ExternalAccount => fetch_federated_token(&file, request).await,
            GcpCredentialsType::ImpersonatedServiceAccount => {
                impersonation_endpoint(&file, request)?;
                let token = fetch_token(file.source_credentials()?, request).await?;
                impersonate_service_account(&file, &token, request).await
            }
            GcpCredentialsType::Other => Err(unsupported_type_finding(&file)),
        }
    }
    .boxed()
}

pub(crate) fn bearer_header(token: &Secret) -> Secret {
    Secret::new([b"Bearer ", token.expose()].concat())
}

/// A token for a person's login (RFC 6749, 6).
async fn refresh_access_token(file: &GcpCredentialsFile, request: &TokenRequest<'_>) -> Result<Secret, Finding> {
    let endpoint = TokenEndpoint::from_credentials_file(
        file,
        "token_uri",
        file.get_text("token_uri").unwrap_or(DEFAULT_TOKEN_URL),
        LOGIN_REFUSAL,
    )?;
    let mut members = vec![("grant_type", Secret::new("refresh_token"))];
    for name in ["client_id", "client_secret", "refresh_token"] {
        members.push((name, Secret::new(file.require_text(name)?)));
    }
    let http_request = VaultHttpRequest::post(endpoint.url.clone(), FORM_CONTENT_TYPE, encode_form(&members));
    endpoint.request_token(&http_request, "access_token", request).await
}

fn unsupported_type_finding(file: &GcpCredentialsFile) -> Finding {
    let (vault, name) = (&file.vault, &file.source_name);
    let message =
        format!("the vault '{vault}' is not asked: {name} holds credentials of a sort that cannot be used from here");
    let types = "service_account, authorized_user, external_account, impersonated_service_account";
    let variable = operator_variable_name(vault, "service_account_file");
    Finding::new(Reason::UnsupportedLogin, message)
        .about(vault)
        .help(format!(
            "give the check credentials of another type ({types}), as {variable} for example"
        ))
}
