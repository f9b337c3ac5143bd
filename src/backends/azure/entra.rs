use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::request::Request;
use azure_core::http::{AsyncRawResponse, HttpClient};
use serde::Deserialize;
use url::Url;

use super::connector::{AzureConnector, to_sdk_error, to_sdk_response};
use crate::vault_endpoint::VaultEndpoint;
use reference::{Finding, Reason, Secret};

/// The HTTP client of the SDK for the login host. Errors are read here: the SDK fails on those of Microsoft (it wants texts
/// without escapes).
#[derive(Clone)]
pub(crate) struct EntraConnector {
    connector: AzureConnector,
    endpoint: Arc<VaultEndpoint>,
}

/// An error as RFC 6749 (5.2) and Microsoft describe it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct EntraError {
    error: String,
    error_codes: Vec<u32>,
}

impl EntraConnector {
    pub(crate) fn new(connector: AzureConnector, host: &Url) -> Self {
        let endpoint = Arc::new(connector.endpoint(host));
        Self { connector, endpoint }
    }

    /// The client without a reading of errors.
    pub(crate) fn into_connector(self) -> AzureConnector {
        self.connector
    }

    fn response_finding(&self, status: u16, body: &Secret) -> Finding {
        let error: EntraError = serde_json::from_slice(body.expose()).unwrap_or_default();
        let is_temporary = matches!(error.error.as_str(), "temporarily_unavailable" | "server_error");
        match status {
            400 | 401 | 403 if !is_temporary => self.login_refused_finding(&error),
            503 => self.endpoint.unavailable_finding(),
            200 => self
                .endpoint
                .unexpected_response_finding("gives a token that is good for no time"),
            _ => self
                .endpoint
                .unexpected_response_finding("says that it is broken, or gives an answer that Microsoft does not give"),
        }
    }

    fn login_refused_finding(&self, error: &EntraError) -> Finding {
        let (what, help) = error
            .error_codes
            .iter()
            .find_map(|code| explain_code(*code))
            .unwrap_or(UNKNOWN_CODE);
        self.endpoint
            .finding(Reason::LoginRefused, &format!("refuses the credentials: {what}"))
            .help(help)
    }
}

impl fmt::Debug for EntraConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntraConnector")
    }
}

#[async_trait]
impl HttpClient for EntraConnector {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let response = self.connector.send_raw(request).await.map_err(to_sdk_error)?;
        match response.status {
            200 if is_lifetime_valid(&response.body) => Ok(to_sdk_response(response)),
            status => Err(to_sdk_error(self.response_finding(status, &response.body))),
        }
    }
}

/// Whether the lifetime of a token is one that the SDK can add to the current time: it panics over others.
fn is_lifetime_valid(body: &Secret) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct TokenLifetime {
        expires_in: i64,
    }
    let lifetime: TokenLifetime = serde_json::from_slice(body.expose()).unwrap_or_default();
    (0..=1_000_000_000).contains(&lifetime.expires_in)
}

const UNKNOWN_CODE: (&str, &str) = (
    "it lets nobody in with them",
    "check tenant_id, client_id, and the client's secret or the token that stands for it",
);

/// What Microsoft's codes mean ("Microsoft Entra authentication and authorization error codes": AADSTS and the number).
fn explain_code(code: u32) -> Option<(&'static str, &'static str)> {
    Some(match code {
        7_000_215 => (
            "the secret is not that of the application",
            "give the secret's value, not its ID, and check that client_id is of the same application",
        ),
        7_000_222 => ("the secret has expired", "make a new secret for the application"),
        700_016 => ("the directory has no such application", "check client_id and tenant_id"),
        90_002 | 900_023 => ("there is no such directory", "check tenant_id"),
        70_021 | 700_211..=700_213 => (
            "the application trusts no token like the one of this machine",
            "compare issuer, subject and audience of the application's federated credential with those of the token",
        ),
        700_024 => (
            "the token of this machine has expired",
            "get a new one, and check the clock of this machine",
        ),
        500_011 => (
            "the directory knows no Key Vault in this cloud",
            "check tenant_id, and that the login host (AZURE_AUTHORITY_HOST) is that of the vault's cloud",
        ),
        _ => return None,
    })
}
