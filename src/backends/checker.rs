//! What the side that runs the check says of a cloud, in settings and in the environment of this machine.

use url::Url;

use super::Context;
use reference::{Finding, Reason, Secret, SettingOrigin, VaultTarget};

/// What only the side that runs the check may say, for it chooses among what this machine has.
///
/// # Errors
/// Somebody else says it.
pub fn own<'a>(target: &'a VaultTarget, word: &str) -> Result<Option<&'a Secret>, Finding> {
    match target.get(word) {
        None => Ok(None),
        Some(setting) if setting.origin == SettingOrigin::Operator => Ok(Some(&setting.value)),
        Some(_) => Err(unusable(
            &target.name,
            &format!("'{word}' is for the side that runs the check to say"),
        )
        .help(format!("say it there: {}", variable(&target.name, word)))),
    }
}

/// Whether servers of the machine's cloud may be asked for credentials.
///
/// # Errors
/// Somebody else than the side that runs the check says so.
pub fn asks_metadata(target: &VaultTarget) -> Result<bool, Finding> {
    Ok(own(target, "metadata")?.is_some() && target.is_enabled("metadata") == Some(true))
}

/// The variable that says something of a vault.
pub fn variable(vault: &str, word: &str) -> String {
    format!("STRONGROOM_VAULT_{vault}_{word}")
        .to_ascii_uppercase()
        .replace('-', "_")
}

/// Settings that do not make sense.
pub fn unusable(vault: &str, what: &str) -> Finding {
    let message = format!("the vault '{vault}' cannot be asked: {what}");
    Finding::new(Reason::BadSettings, message)
        .about(vault)
        .help("correct the settings of the vault")
}

/// A secret in a variable of this machine, unless it is empty.
#[cfg(feature = "azure")]
pub fn secret(context: &Context, name: &str) -> Option<Secret> {
    let value = (context.environment)(name)?;
    let trimmed = value.expose().trim_ascii();
    (!trimmed.is_empty()).then(|| Secret::new(trimmed))
}

/// A variable of this machine, unless it is empty.
pub fn text(context: &Context, name: &str) -> Option<String> {
    let value = (context.environment)(name)?;
    let text = value.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An address of HTTP, if a text is one, and says nothing besides.
pub fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let http = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    (http && plain && url.fragment().is_none()).then_some(url)
}

/// The host of an address with its port, for messages.
#[cfg(any(feature = "aws", feature = "gcp"))]
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
