use google_cloud_auth::credentials::service_account::{AccessSpecifier, Builder};

use super::credentials_file::GcpCredentialsFile;
use super::token::CLOUD_PLATFORM_SCOPE;
use reference::{Finding, Secret};

/// A token that the key signs itself (AIP-4111). Nobody is asked for it, and Secret Manager sees whether the key still
/// holds.
///
/// # Errors
/// Half of a key, or a key that is none.
pub async fn sign_token(mut key: GcpCredentialsFile) -> Result<Secret, Finding> {
    for member in ["client_email", "private_key_id", "private_key"] {
        key.require_text(member)?;
    }
    key.ensure_project_id();
    // the library signs with what the process has chosen
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let no_key = key.bad_settings_finding("holds no private key with which a token could be signed");
    let built = Builder::new(key.into_json().into())
        .with_access_specifier(AccessSpecifier::from_scopes([CLOUD_PLATFORM_SCOPE]))
        .build_access_token_credentials();
    let Ok(credentials) = built else { return Err(no_key) };
    let signed = credentials.access_token().await;
    signed.map(|signed| Secret::new(signed.token)).map_err(|_| no_key)
}
