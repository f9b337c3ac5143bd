//! What the side that runs the check says of a cloud, in settings and in the environment of this machine.

use url::Url;

use super::BackendContext;
use reference::{Finding, Reason, Secret, SettingOrigin, VaultTarget};

/// What only the side that runs the check may say, for it chooses among what this machine has.
///
/// # Errors
/// Somebody else says it.
pub fn operator_setting<'a>(target: &'a VaultTarget, word: &str) -> Result<Option<&'a Secret>, Finding> {
    match target.get(word) {
        None => Ok(None),
        Some(setting) if setting.origin == SettingOrigin::Operator => Ok(Some(&setting.value)),
        Some(_) => Err(bad_settings_finding(
            &target.name,
            &format!("'{word}' is for the side that runs the check to say"),
        )
        .help(format!("say it there: {}", operator_variable_name(&target.name, word)))),
    }
}

/// Whether servers of the machine's cloud may be asked for credentials.
///
/// # Errors
/// Somebody else than the side that runs the check says so.
pub fn is_metadata_allowed(target: &VaultTarget) -> Result<bool, Finding> {
    Ok(operator_setting(target, "metadata")?.is_some() && target.is_enabled("metadata") == Some(true))
}

/// The variable that says something of a vault.
pub fn operator_variable_name(vault: &str, word: &str) -> String {
    format!("STRONGROOM_VAULT_{vault}_{word}")
        .to_ascii_uppercase()
        .replace('-', "_")
}

/// Settings that do not make sense.
pub fn bad_settings_finding(vault: &str, what: &str) -> Finding {
    let message = format!("the vault '{vault}' cannot be asked: {what}");
    Finding::new(Reason::BadSettings, message)
        .about(vault)
        .help("correct the settings of the vault")
}

/// A secret in a variable of this machine, unless it is empty.
#[cfg(feature = "azure")]
pub fn environment_secret(context: &BackendContext, name: &str) -> Option<Secret> {
    let value = (context.environment)(name)?;
    let trimmed = value.expose().trim_ascii();
    (!trimmed.is_empty()).then(|| Secret::new(trimmed))
}

/// A variable of this machine, unless it is empty.
pub fn environment_text(context: &BackendContext, name: &str) -> Option<String> {
    let value = (context.environment)(name)?;
    let text = value.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An address of HTTP, if a text is one, and says nothing besides.
pub fn parse_http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let http = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    (http && plain && url.fragment().is_none()).then_some(url)
}

/// The host of an address with its port, for messages.
#[cfg(any(feature = "aws", feature = "gcp"))]
pub fn url_authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
