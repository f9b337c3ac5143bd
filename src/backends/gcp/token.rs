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

/// What a token is to be good for.
pub const CLOUD_PLATFORM_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long a server of the machine's cloud may take.
pub const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// Where people's logins are turned into tokens.
const DEFAULT_TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

const LOGIN_REFUSAL: (&str, &str) = (
    "refuses the login",
    "log in again: gcloud auth application-default login",
);

/// What getting a token takes.
pub struct TokenRequest<'a> {
    /// The vault's name.
    pub vault: &'a str,
    /// How long there is time.
    pub deadline: Instant,
    /// Whether servers of the machine's cloud may be asked.
    pub allows_metadata_server: bool,
    /// Who may be shown what a file of credentials names, and does not hold itself.
    pub destination_policy: &'a GcpDestinationPolicy,
}

impl TokenRequest<'_> {
    /// A way to those who give tokens, for as long as there is time.
    ///
    /// # Errors
    /// TLS cannot be had.
    pub fn http_client(&self) -> Result<VaultHttpClient, Finding> {
        VaultHttpClient::new(&VaultHttpOptions::new(self.vault, self.remaining_time()))
    }

    /// The same for a server of the machine's cloud, which answers soon or not at all.
    pub fn with_metadata_timeout(&self) -> Self {
        Self {
            deadline: self.deadline.min(Instant::now() + METADATA_TIMEOUT),
            ..*self
        }
    }

    /// How long there still is time.
    pub fn remaining_time(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// A token for what a file of credentials says.
///
/// # Errors
/// The credentials make no sense, or are refused.
pub fn fetch_token<'a>(
    key: GcpCredentialsFile,
    asking: &'a TokenRequest<'a>,
) -> BoxFuture<'a, Result<Secret, Finding>> {
    async move {
        match key.credentials_type() {
            GcpCredentialsType::ServiceAccount => sign_token(key).await,
            GcpCredentialsType::AuthorizedUser => refresh_access_token(&key, asking).await,
            GcpCredentialsType::ExternalAccount => fetch_federated_token(&key, asking).await,
            GcpCredentialsType::ImpersonatedServiceAccount => {
                impersonation_endpoint(&key, asking)?;
                let token = fetch_token(key.source_credentials()?, asking).await?;
                impersonate_service_account(&key, &token, asking).await
            }
            GcpCredentialsType::Other => Err(unsupported_type_finding(&key)),
        }
    }
    .boxed()
}

/// The header that shows a token.
pub fn bearer_header(token: &Secret) -> Secret {
    Secret::new([b"Bearer ", token.expose()].concat())
}

/// The token of a person's login (RFC 6749, 6).
async fn refresh_access_token(key: &GcpCredentialsFile, asking: &TokenRequest<'_>) -> Result<Secret, Finding> {
    let giver = TokenEndpoint::from_credentials_file(
        key,
        "token_uri",
        key.get_text("token_uri").unwrap_or(DEFAULT_TOKEN_URL),
        LOGIN_REFUSAL,
    )?;
    let mut members = vec![("grant_type", Secret::new("refresh_token"))];
    for name in ["client_id", "client_secret", "refresh_token"] {
        members.push((name, Secret::new(key.require_text(name)?)));
    }
    let call = VaultHttpRequest::post(giver.url.clone(), FORM_CONTENT_TYPE, encode_form(&members));
    giver.request_token(&call, "access_token", asking).await
}

/// Nobody here knows how to log in so.
fn unsupported_type_finding(key: &GcpCredentialsFile) -> Finding {
    let (vault, name) = (&key.vault, &key.source_name);
    let message =
        format!("the vault '{vault}' is not asked: {name} holds credentials of a sort that cannot be used from here");
    let sorts = "service_account, authorized_user, external_account, impersonated_service_account";
    let variable = operator_variable_name(vault, "service_account_file");
    Finding::new(Reason::UnsupportedLogin, message)
        .about(vault)
        .help(format!(
            "give the check credentials of another type ({sorts}), as {variable} for example"
        ))
}
