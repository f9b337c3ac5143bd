use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::request::Request;
use azure_core::http::{AsyncRawResponse, HttpClient};
use serde::Deserialize;
use url::Url;

use super::connector::{Connector, heard, told};
use crate::failure::Place;
use reference::{Finding, Reason, Secret};

/// The SDK's way to the host that lets in. Its refusals are read here: the SDK's own reading fails on what Microsoft
/// answers (it wants texts without escapes, and gives up on others).
#[derive(Clone)]
pub struct Entra {
    connector: Connector,
    place: Arc<Place>,
}

/// A refusal as RFC 6749 (5.2) and Microsoft describe it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_codes: Vec<u32>,
}

impl Entra {
    /// The way to a host.
    pub fn new(connector: Connector, host: &Url) -> Self {
        let place = Arc::new(connector.place(host));
        Self { connector, place }
    }

    /// The same way, without a reading of refusals.
    pub fn plain(self) -> Connector {
        self.connector
    }

    fn refused(&self, status: u16, body: &Secret) -> Finding {
        let refusal: Refusal = serde_json::from_slice(body.expose()).unwrap_or_default();
        let passing = matches!(refusal.error.as_str(), "temporarily_unavailable" | "server_error");
        match status {
            400 | 401 | 403 if !passing => self.login_refused(&refusal),
            503 => self.place.away(),
            200 => self.place.nonsense("gives a token that is good for no time"),
            _ => self
                .place
                .nonsense("says that it is broken, or gives an answer that Microsoft does not give"),
        }
    }

    fn login_refused(&self, refusal: &Refusal) -> Finding {
        let (what, help) = refusal
            .error_codes
            .iter()
            .find_map(|code| meaning(*code))
            .unwrap_or(UNKNOWN);
        self.place
            .finding(Reason::LoginRefused, &format!("refuses the credentials: {what}"))
            .help(help)
    }
}

impl fmt::Debug for Entra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entra")
    }
}

#[async_trait]
impl HttpClient for Entra {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.connector.exchange(request).await.map_err(told)?;
        match answer.status {
            200 if is_timely(&answer.body) => Ok(heard(answer)),
            status => Err(told(self.refused(status, &answer.body))),
        }
    }
}

/// Whether the time for which a token is good, if that is said, is one that the SDK can add to now: it panics over others.
fn is_timely(body: &Secret) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Times {
        expires_in: i64,
    }
    let times: Times = serde_json::from_slice(body.expose()).unwrap_or_default();
    (0..=1_000_000_000).contains(&times.expires_in)
}

/// What is said of a code that says nothing to us.
const UNKNOWN: (&str, &str) = (
    "it lets nobody in with them",
    "check tenant_id, client_id, and the client's secret or the token that stands for it",
);

/// What Microsoft's codes come to ("Microsoft Entra authentication and authorization error codes": AADSTS and the number).
fn meaning(code: u32) -> Option<(&'static str, &'static str)> {
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
