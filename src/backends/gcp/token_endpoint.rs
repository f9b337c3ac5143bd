use url::Url;

use super::credentials_file::GcpCredentialsFile;
use super::token::TokenRequest;
use crate::vault_http::VaultHttpRequest;
use http::authority;
use reference::ZeroizingValue;
use reference::{Finding, Reason, Secret};

/// Somebody who gives tokens.
pub struct TokenEndpoint<'a> {
    /// The vault that they are for.
    pub vault: &'a str,
    /// The address.
    pub url: Url,
    /// What a refusal is, after the name of the host.
    pub refusal_message: &'static str,
    /// What to do about it.
    pub refusal_help: &'static str,
}

impl<'a> TokenEndpoint<'a> {
    /// One whose address a file of credentials says.
    ///
    /// # Errors
    /// It is no address.
    pub fn from_credentials_file(
        key: &'a GcpCredentialsFile,
        name: &str,
        said: &str,
        (refuses, help): (&'static str, &'static str),
    ) -> Result<Self, Finding> {
        let url = Url::parse(said)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        Ok(Self {
            vault: &key.vault,
            url: url.ok_or_else(|| key.bad_settings_finding(&format!("holds a {name} that is no address")))?,
            refusal_message: refuses,
            refusal_help: help,
        })
    }

    /// Asks; says what the answer holds under a name.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer that holds no such thing.
    pub async fn request_token(
        &self,
        call: &VaultHttpRequest,
        name: &str,
        asking: &TokenRequest<'_>,
    ) -> Result<Secret, Finding> {
        let body = self.request_body(call, asking).await?;
        text_member(&body, name).ok_or_else(|| self.status_finding(200))
    }

    /// Asks; says all that the answer holds.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn request_body(&self, call: &VaultHttpRequest, asking: &TokenRequest<'_>) -> Result<Secret, Finding> {
        let answer = asking.http_client()?.send_with_retry(call).await?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(self.status_finding(status)),
        }
    }

    fn status_finding(&self, status: u16) -> Finding {
        let place = format!(
            "{}, which gives tokens for the vault '{}',",
            authority(&self.url),
            self.vault
        );
        no_token_finding(&place, status, self.vault, (self.refusal_message, self.refusal_help))
    }
}

/// A text in an object.
pub fn text_member(body: &Secret, name: &str) -> Option<Secret> {
    let body = ZeroizingValue::parse(body.expose())?;
    let text = body.value().get(name)?.as_str()?;
    (!text.is_empty()).then(|| Secret::new(text))
}

/// What it means that no token came with a status.
pub fn no_token_finding(place: &str, status: u16, vault: &str, refused: (&str, &str)) -> Finding {
    let (reason, (what, help)) = match status {
        429 => (
            Reason::RateLimited,
            (
                "limits how often it is asked, and there is no time left to wait",
                "run again later",
            ),
        ),
        400..=499 => (Reason::LoginRefused, refused),
        500.. => (Reason::ServerError, ("says that it is broken", "run again later")),
        _ => (
            Reason::ServerError,
            (
                "gives no token that could be understood",
                "check that its address in the credentials is right and that no proxy answers in its place",
            ),
        ),
    };
    Finding::new(reason, format!("{place} {what}")).about(vault).help(help)
}
