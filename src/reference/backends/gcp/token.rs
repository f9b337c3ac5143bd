use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use google_cloud_auth::build_errors;
use google_cloud_auth::credentials::{AccessTokenCredentials, external_account, impersonated, service_account};
use google_cloud_auth::errors::CredentialsError;
use serde_json::Value;
use url::Url;

use super::key::{Key, Sort};
use crate::reference::backends::checker::{address, variable};
use crate::reference::backends::failure::{Place, failed};
use crate::reference::backends::http::{Access, Answer, Call, FORM, Http, form};
use crate::reference::subkey::Wiped;
use crate::reference::{Finding, Reason, Secret};

/// What a token is to be good for.
pub const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Where people's logins are turned into tokens.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// A token for what a file of credentials says.
///
/// # Errors
/// The credentials make no sense, or are refused.
pub async fn of_key(key: Key, access: &Access<'_>) -> Result<Secret, Finding> {
    match key.sort() {
        Sort::ServiceAccount => signed(key).await,
        Sort::User => refreshed(&key, access).await,
        Sort::External => {
            exchanged(key, access.limit, |key| {
                let building = external_account::Builder::new(key).with_scopes([SCOPE]);
                building.build_access_token_credentials()
            })
            .await
        }
        Sort::Impersonated => {
            exchanged(key, access.limit, |key| {
                let building = impersonated::Builder::new(key).with_scopes([SCOPE]);
                building.build_access_token_credentials()
            })
            .await
        }
        Sort::Other => Err(unsupported(&key)),
    }
}

/// The token of an answer that gives one (RFC 6749, 5.1).
pub fn access_token(answer: &Answer) -> Option<Secret> {
    let body = Wiped::read(answer.body.expose())?;
    let token = body.value().get("access_token")?.as_str()?;
    (answer.status == 200 && !token.is_empty()).then(|| Secret::new(token))
}

/// A token that the key signs itself (AIP-4111). Nobody is asked for it, and Secret Manager sees whether the key still
/// holds.
async fn signed(mut key: Key) -> Result<Secret, Finding> {
    for member in ["client_email", "private_key_id", "private_key"] {
        key.need(member)?;
    }
    key.add_project();
    // the library signs with what the process has chosen
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let no_key = key.unusable("holds no private key with which a token could be signed");
    let built = service_account::Builder::new(key.take())
        .with_access_specifier(service_account::AccessSpecifier::from_scopes([SCOPE]))
        .build_access_token_credentials();
    let Ok(credentials) = built else { return Err(no_key) };
    given(credentials).await.map_err(|_| no_key)
}

/// The token of a person's login (RFC 6749, 6). Google's library would follow redirects with what it is got for.
async fn refreshed(key: &Key, access: &Access<'_>) -> Result<Secret, Finding> {
    let url = address(key.text("token_uri").unwrap_or(TOKENS));
    let url = url.ok_or_else(|| key.unusable("holds a token_uri that is no address"))?;
    let mut members = vec![("grant_type", Secret::new("refresh_token"))];
    for name in ["client_id", "client_secret", "refresh_token"] {
        members.push((name, Secret::new(key.need(name)?)));
    }
    let http = Http::new(access)?;
    let answer = http.send(&Call::post(url.clone(), FORM, form(&members))).await?;
    let place = tokens_at(&key.vault, &url);
    access_token(&answer).ok_or_else(|| of_status(answer.status, &place, &key.vault))
}

/// A token that others give, through Google's own library: it knows all the ways to prove to them who asks. It has its own
/// HTTP client, whose errors are told by their status alone.
async fn exchanged(
    key: Key,
    limit: Duration,
    build: impl FnOnce(Value) -> Result<AccessTokenCredentials, build_errors::Error>,
) -> Result<Secret, Finding> {
    let vault = key.vault.clone();
    let unusable = key.unusable("holds credentials of which a part is missing or makes no sense");
    let Ok(credentials) = build(key.take()) else {
        return Err(unusable);
    };
    match tokio::time::timeout(limit.mul_f32(0.95), given(credentials)).await {
        Ok(given) => given.map_err(|error| not_given(error.as_ref(), &vault)),
        Err(_) => Err(
            told(Reason::TimedOut, &whoever(&vault), "gives no answer in time", &vault)
                .help("check that it can be reached from here"),
        ),
    }
}

/// What the library gives. It panics over answers that make no sense, which is nothing more than an error.
async fn given(credentials: AccessTokenCredentials) -> Result<Secret, Option<CredentialsError>> {
    let given = AssertUnwindSafe(credentials.access_token()).catch_unwind().await;
    let given = given.map_err(|_| None)?;
    given.map(|given| Secret::new(given.token)).map_err(Some)
}

fn not_given(error: Option<&CredentialsError>, vault: &str) -> Finding {
    let Some(error) = error else {
        return of_status(200, &whoever(vault), vault);
    };
    let causes = || std::iter::successors(error.source(), |&cause| cause.source());
    let of_google = causes().find_map(|cause| {
        cause
            .downcast_ref::<google_cloud_gax::error::Error>()?
            .http_status_code()
    });
    let request = causes().find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    let status = of_google.or_else(|| Some(request?.status()?.as_u16()));
    match (status, request) {
        (Some(status), _) => of_status(status, &whoever(vault), vault),
        (None, Some(request)) if request.is_decode() => of_status(200, &whoever(vault), vault),
        (None, Some(request)) => match request.url() {
            Some(url) => failed(request, &Place::new(vault, url, false)),
            None => of_status(503, &whoever(vault), vault),
        },
        (None, None) => Finding::new(
            Reason::NoCredentials,
            format!("what this machine names as the source of credentials gives none for the vault '{vault}'"),
        )
        .about(vault)
        .help("check the file, the address or the program that the credentials name as their source"),
    }
}

/// Who gives tokens, as messages say it.
fn tokens_at(vault: &str, url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!("{host}, which gives tokens for the vault '{vault}',")
}

fn whoever(vault: &str) -> String {
    format!("the service that gives this machine a token for the vault '{vault}'")
}

fn of_status(status: u16, place: &str, vault: &str) -> Finding {
    let (reason, what, help) = match status {
        400..=428 | 430..=499 => (
            Reason::LoginRefused,
            "refuses the credentials",
            "log in again (gcloud auth application-default login), or check what the credentials name: the provider, its audience, the service account and who may act as it",
        ),
        429 => (
            Reason::RateLimited,
            "limits how often it is asked, and there is no time left to wait",
            "run again later",
        ),
        500.. => (Reason::ServerError, "says that it is broken", "run again later"),
        _ => (
            Reason::ServerError,
            "gives no token that could be understood",
            "check that its address in the credentials is Google's own and that no proxy answers in its place",
        ),
    };
    told(reason, place, what, vault).help(help)
}

fn told(reason: Reason, place: &str, what: &str, vault: &str) -> Finding {
    Finding::new(reason, format!("{place} {what}")).about(vault)
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
