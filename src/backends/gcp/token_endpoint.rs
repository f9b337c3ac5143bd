use url::Url;

use super::credentials_file::GcpCredentialsFile;
use super::token::TokenRequest;
use crate::vault_http::VaultHttpRequest;
use http::authority;
use reference::ZeroizingValue;
use reference::{Finding, Reason, Secret};

/// A server that gives tokens.
pub(crate) struct TokenEndpoint<'a> {
    pub(crate) vault: &'a str,
    pub(crate) url: Url,
    /// What a rejection means, after the name of the host.
    pub(crate) refusal_message: &'static str,
    /// What to do about it.
    pub(crate) refusal_help: &'static str,
}

impl<'a> TokenEndpoint<'a> {
    /// # Errors
    /// The URL in the file is none.
    pub(crate) fn from_credentials_file(
        file: &'a GcpCredentialsFile,
        name: &str,
        text: &str,
        (refusal_message, help): (&'static str, &'static str),
    ) -> Result<Self, Finding> {
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        Ok(Self {
            vault: &file.vault,
            url: url.ok_or_else(|| file.bad_settings_finding(&format!("holds a {name} that is no address")))?,
            refusal_message,
            refusal_help: help,
        })
    }

    /// Returns a member of the response.
    ///
    /// # Errors
    /// No response, a rejection, or a response without the member.
    pub(crate) async fn request_token(
        &self,
        http_request: &VaultHttpRequest,
        name: &str,
        request: &TokenRequest<'_>,
    ) -> Result<Secret, Finding> {
        let body = self.request_body(http_request, request).await?;
        text_member(&body, name).ok_or_else(|| self.status_finding(200))
    }

    /// # Errors
    /// No response, or a rejection.
    pub(crate) async fn request_body(
        &self,
        http_request: &VaultHttpRequest,
        request: &TokenRequest<'_>,
    ) -> Result<Secret, Finding> {
        let response = request.http_client()?.send_with_retry(http_request).await?;
        match response.status {
            200 => Ok(response.body),
            status => Err(self.status_finding(status)),
        }
    }

    fn status_finding(&self, status: u16) -> Finding {
        let endpoint = format!(
            "{}, which gives tokens for the vault '{}',",
            authority(&self.url),
            self.vault
        );
        no_token_finding(&endpoint, status, self.vault, (self.refusal_message, self.refusal_help))
    }
}

/// A text member of a JSON object, unless it is empty.
pub(crate) fn text_member(body: &Secret, name: &str) -> Option<Secret> {
    let body = ZeroizingValue::parse(body.expose())?;
    let text = body.value().get(name)?.as_str()?;
    (!text.is_empty()).then(|| Secret::new(text))
}

/// What a response without a token means.
pub(crate) fn no_token_finding(endpoint: &str, status: u16, vault: &str, refusal: (&str, &str)) -> Finding {
    let (reason, (what, help)) = match status {
        429 => (
            Reason::RateLimited,
            (
                "limits how often it is asked, and there is no time left to wait",
                "run again later",
            ),
        ),
        400..=499 => (Reason::LoginRefused, refusal),
        500.. => (Reason::ServerError, ("says that it is broken", "run again later")),
        _ => (
            Reason::ServerError,
            (
                "gives no token that could be understood",
                "check that its address in the credentials is right and that no proxy answers in its place",
            ),
        ),
    };
    Finding::new(reason, format!("{endpoint} {what}"))
        .about(vault)
        .help(help)
}
