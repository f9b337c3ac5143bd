use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use google_cloud_auth::credentials::service_account::AccessSpecifier;
use google_cloud_auth::credentials::{AccessTokenCredentials, external_account, service_account};
use google_cloud_auth::errors::CredentialsError;

use super::giver::gives_none;
use super::key::Key;
use super::token::SCOPE;
use crate::reference::backends::failure::{Place, failed};
use crate::reference::{Finding, Reason, Secret};

/// A token that the key signs itself (AIP-4111). Nobody is asked for it, and Secret Manager sees whether the key still
/// holds.
///
/// # Errors
/// Half of a key, or a key that is none.
pub async fn signed(mut key: Key) -> Result<Secret, Finding> {
    for member in ["client_email", "private_key_id", "private_key"] {
        key.need(member)?;
    }
    key.add_project();
    // the library signs with what the process has chosen
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let no_key = key.unusable("holds no private key with which a token could be signed");
    let built = service_account::Builder::new(key.take())
        .with_access_specifier(AccessSpecifier::from_scopes([SCOPE]))
        .build_access_token_credentials();
    let Ok(credentials) = built else { return Err(no_key) };
    given(credentials).await.map_err(|_| no_key)
}

/// The token of somebody whom AWS or a program vouches for: Google's library knows how to ask them. It gets the token with an
/// HTTP client of its own, of whose errors only the status is told.
///
/// # Errors
/// Half of what it takes is not said, or it is refused.
pub async fn vouched(key: Key, scope: &str, limit: Duration) -> Result<Secret, Finding> {
    let vault = key.vault.clone();
    let half = key.unusable("holds credentials of which a part is missing or makes no sense");
    let built = external_account::Builder::new(key.take())
        .with_scopes([scope])
        .build_access_token_credentials();
    let Ok(credentials) = built else { return Err(half) };
    match tokio::time::timeout(limit, given(credentials)).await {
        Ok(given) => given.map_err(|error| not_given(error.as_ref(), &vault)),
        Err(_) => Err(late(&vault)),
    }
}

fn late(vault: &str) -> Finding {
    Finding::new(Reason::TimedOut, format!("{} gives no answer in time", whoever(vault)))
        .about(vault)
        .help("check that it can be reached from here")
}

/// What the library gives. It panics over answers that make no sense, which is nothing more than an error.
async fn given(credentials: AccessTokenCredentials) -> Result<Secret, Option<CredentialsError>> {
    let given = AssertUnwindSafe(credentials.access_token()).catch_unwind().await;
    let given = given.map_err(|_| None)?;
    given.map(|given| Secret::new(given.token)).map_err(Some)
}

fn not_given(error: Option<&CredentialsError>, vault: &str) -> Finding {
    let of_status = |status| gives_none(&whoever(vault), status, vault, REFUSES);
    let Some(error) = error else { return of_status(200) };
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    let request = causes.find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    match request.map(|request| (request, request.status(), request.url())) {
        Some((_, Some(status), _)) => of_status(status.as_u16()),
        Some((request, None, _)) if request.is_decode() => of_status(200),
        Some((request, None, Some(url))) => failed(request, &Place::new(vault, url, false)),
        Some((_, None, None)) => of_status(503),
        None => not_vouched(vault),
    }
}

const REFUSES: (&str, &str) = (
    "refuses the credentials",
    "check the audience, and the attributes and the condition of the workload identity provider",
);

fn whoever(vault: &str) -> String {
    format!("the service that gives this machine a token for the vault '{vault}'")
}

fn not_vouched(vault: &str) -> Finding {
    let message = format!("what this machine names as the source of credentials gives none for the vault '{vault}'");
    Finding::new(Reason::NoCredentials, message).about(vault).help(
        "check the region and the credentials for AWS (AWS_REGION, AWS_ACCESS_KEY_ID, or metadata: true on a machine of theirs), or the program that the credentials name, and that GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 lets it run",
    )
}
