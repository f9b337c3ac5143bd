use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::federation::{federated, lender_of, lent};
use super::giver::Giver;
use super::key::{Key, Sort};
use super::signature::signed;
use super::trust::Trust;
use crate::checker::variable;
use crate::http::{Access, Call, FORM, Http, form};
use reference::{Finding, Reason, Secret};

/// What a token is to be good for.
pub const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long a server of the machine's cloud may take.
pub const LOOKING: Duration = Duration::from_secs(2);

/// Where people's logins are turned into tokens.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

const LOGIN: (&str, &str) = (
    "refuses the login",
    "log in again: gcloud auth application-default login",
);

/// What getting a token takes.
pub struct Asking<'a> {
    /// The vault's name.
    pub vault: &'a str,
    /// How long there is time.
    pub until: Instant,
    /// Whether servers of the machine's cloud may be asked.
    pub metadata: bool,
    /// Who may be shown what a file of credentials names, and does not hold itself.
    pub trust: &'a Trust,
}

impl Asking<'_> {
    /// A way to those who give tokens, for as long as there is time.
    ///
    /// # Errors
    /// TLS cannot be had.
    pub fn http(&self) -> Result<Http, Finding> {
        Http::new(&Access::new(self.vault, self.left()))
    }

    /// The same for a server of the machine's cloud, which answers soon or not at all.
    pub fn of_machine(&self) -> Self {
        Self {
            until: self.until.min(Instant::now() + LOOKING),
            ..*self
        }
    }

    /// How long there still is time.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// A token for what a file of credentials says.
///
/// # Errors
/// The credentials make no sense, or are refused.
pub fn of_key<'a>(key: Key, asking: &'a Asking<'a>) -> BoxFuture<'a, Result<Secret, Finding>> {
    async move {
        match key.sort() {
            Sort::ServiceAccount => signed(key).await,
            Sort::User => refreshed(&key, asking).await,
            Sort::Federated => federated(&key, asking).await,
            Sort::Impersonated => {
                lender_of(&key, asking)?;
                let token = of_key(key.source()?, asking).await?;
                lent(&key, &token, asking).await
            }
            Sort::Other => Err(unsupported(&key)),
        }
    }
    .boxed()
}

/// The header that shows a token.
pub fn bearer(token: &Secret) -> Secret {
    Secret::new([b"Bearer ", token.expose()].concat())
}

/// The token of a person's login (RFC 6749, 6).
async fn refreshed(key: &Key, asking: &Asking<'_>) -> Result<Secret, Finding> {
    let giver = Giver::of(key, "token_uri", key.text("token_uri").unwrap_or(TOKENS), LOGIN)?;
    let mut members = vec![("grant_type", Secret::new("refresh_token"))];
    for name in ["client_id", "client_secret", "refresh_token"] {
        members.push((name, Secret::new(key.need(name)?)));
    }
    let call = Call::post(giver.url.clone(), FORM, form(&members));
    giver.ask(&call, "access_token", asking).await
}

/// Nobody here knows how to log in so.
fn unsupported(key: &Key) -> Finding {
    let (vault, name) = (&key.vault, &key.name);
    let message =
        format!("the vault '{vault}' is not asked: {name} holds credentials of a sort that cannot be used from here");
    let sorts = "service_account, authorized_user, external_account, impersonated_service_account";
    let variable = variable(vault, "service_account_file");
    Finding::new(Reason::UnsupportedLogin, message)
        .about(vault)
        .help(format!(
            "give the check credentials of another type ({sorts}), as {variable} for example"
        ))
}
