use url::Url;

use super::key::Key;
use super::token::Asking;
use crate::checker::authority;
use crate::http::Call;
use reference::ZeroizingValue;
use reference::{Finding, Reason, Secret};

/// Somebody who gives tokens.
pub struct Giver<'a> {
    /// The vault that they are for.
    pub vault: &'a str,
    /// The address.
    pub url: Url,
    /// What a refusal is, after the name of the host.
    pub refuses: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

impl<'a> Giver<'a> {
    /// One whose address a file of credentials says.
    ///
    /// # Errors
    /// It is no address.
    pub fn of(
        key: &'a Key,
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
            url: url.ok_or_else(|| key.unusable(&format!("holds a {name} that is no address")))?,
            refuses,
            help,
        })
    }

    /// Asks; says what the answer holds under a name.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer that holds no such thing.
    pub async fn ask(&self, call: &Call, name: &str, asking: &Asking<'_>) -> Result<Secret, Finding> {
        let body = self.body(call, asking).await?;
        member(&body, name).ok_or_else(|| self.gives_none(200))
    }

    /// Asks; says all that the answer holds.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn body(&self, call: &Call, asking: &Asking<'_>) -> Result<Secret, Finding> {
        let answer = asking.http()?.send(call).await?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(self.gives_none(status)),
        }
    }

    fn gives_none(&self, status: u16) -> Finding {
        let place = format!(
            "{}, which gives tokens for the vault '{}',",
            authority(&self.url),
            self.vault
        );
        gives_none(&place, status, self.vault, (self.refuses, self.help))
    }
}

/// A text in an object.
pub fn member(body: &Secret, name: &str) -> Option<Secret> {
    let body = ZeroizingValue::parse(body.expose())?;
    let text = body.value().get(name)?.as_str()?;
    (!text.is_empty()).then(|| Secret::new(text))
}

/// What it means that no token came with a status.
pub fn gives_none(place: &str, status: u16, vault: &str, refused: (&str, &str)) -> Finding {
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
