//! The operator's settings of clouds, and the environment of this machine.

use super::BackendContext;
use super::findings::bad_settings_finding;
use super::operator::operator_variable_name;
use reference::{Finding, Secret, SettingOrigin, VaultTarget};

/// A setting that only the operator may give, because it chooses among what this machine has.
///
/// # Errors
/// Somebody else gives it.
pub(crate) fn operator_setting<'a>(target: &'a VaultTarget, name: &str) -> Result<Option<&'a Secret>, Finding> {
    match target.get(name) {
        None => Ok(None),
        Some(setting) if setting.origin == SettingOrigin::Operator => Ok(Some(&setting.value)),
        Some(_) => {
            let what = format!("'{name}' is for the side that runs the check to say");
            let variable = operator_variable_name(&target.name, name);
            Err(bad_settings_finding(&target.name, &what).help(format!("say it there: {variable}")))
        }
    }
}

/// Whether the cloud's metadata server may be asked for credentials.
///
/// # Errors
/// Somebody else than the operator allows it.
pub(crate) fn is_metadata_allowed(target: &VaultTarget) -> Result<bool, Finding> {
    Ok(operator_setting(target, "metadata")?.is_some() && target.is_enabled("metadata") == Some(true))
}

/// A secret in a variable of this machine, unless it is empty.
#[cfg(feature = "azure")]
pub(crate) fn environment_secret(context: &BackendContext, name: &str) -> Option<Secret> {
    let value = (context.environment)(name)?;
    let trimmed = value.expose().trim_ascii();
    (!trimmed.is_empty()).then(|| Secret::new(trimmed))
}

/// A variable of this machine, unless it is empty.
pub(crate) fn environment_text(context: &BackendContext, name: &str) -> Option<String> {
    let value = (context.environment)(name)?;
    let text = value.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
