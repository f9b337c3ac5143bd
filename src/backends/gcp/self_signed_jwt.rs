use google_cloud_auth::credentials::service_account::{AccessSpecifier, Builder};

use super::credentials_file::GcpCredentialsFile;
use super::token::CLOUD_PLATFORM_SCOPE;
use reference::{Finding, Secret};

/// A token that the key signs itself (AIP-4111): it is requested from nobody, and Secret Manager finds out whether the key is
/// still valid.
///
/// # Errors
/// A key that is none, or lacks a part.
pub(crate) async fn sign_token(mut file: GcpCredentialsFile) -> Result<Secret, Finding> {
    for member in ["client_email", "private_key_id", "private_key"] {
        file.require_text(member)?;
    }
    file.ensure_project_id();
    // the library signs with the default provider of the process; another call may have installed it
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let bad_key = file.bad_settings_finding("holds no private key with which a token could be signed");
    let built = Builder::new(file.into_json().into())
        .with_access_specifier(AccessSpecifier::from_scopes([CLOUD_PLATFORM_SCOPE]))
        .build_access_token_credentials();
    let Ok(credentials) = built else { return Err(bad_key) };
    let signed = credentials.access_token().await;
    signed.map(|signed| Secret::new(signed.token)).map_err(|_| bad_key)
}
