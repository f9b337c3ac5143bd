use std::collections::BTreeMap;

use super::incomplete_pairs::{IncompletePair, find_incomplete_pairs};
use super::local_reader::LocalReader;
use super::references_section::is_address;
use super::setting_names::{SettingNames, SettingSource};
use reference::{Policy, Secret, SettingOrigin, VaultSetting};
use reference::{ReferenceSettings, VaultSettings};
use yaml::{Diagnostic, DiagnosticCode, suggest_similar};

/// What the variables that speak of a vault begin with.
pub(crate) const VARIABLE_PREFIX: &str = "STRONGROOM_VAULT_";

/// Reads `STRONGROOM_VAULT_<PREFIX>_<SETTING>` into settings, and reports all that is wrong. Where a name can be split in
/// several ways, it holds for each vault that it could mean.
pub(crate) fn read_variables(
    settings: &mut ReferenceSettings,
    variables: &[(String, Secret)],
    names: &SettingNames,
    local: &LocalReader,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut vaults: BTreeMap<String, VaultSettings> = BTreeMap::new();
    for (variable, value) in variables.iter().filter(|(_, value)| !value.is_empty()) {
        let readings = split_variable_name(variable, names);
        if readings.is_empty() {
            diagnostics.push(unknown_variable(variable, names));
        }
        match resolve_settings(variable, value, &readings, local) {
            Ok(settings) => {
                for (vault, name, value) in settings {
                    insert_setting(vaults.entry(vault).or_default(), name, value);
                }
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    for (vault, settings) in &vaults {
        diagnostics.extend(find_incomplete_pairs(&settings.values).map(|pair| incomplete_pair_error(vault, pair)));
    }
    settings.variable_settings = vaults;
    diagnostics
}

/// Every way in which a variable's name can be split into a vault's name and a setting, the longest setting first.
fn split_variable_name(variable: &str, names: &SettingNames) -> Vec<(String, SettingSource)> {
    let rest = variable.strip_prefix(VARIABLE_PREFIX).unwrap_or_default();
    let splits = rest.char_indices().filter(|(at, c)| *c == '_' && *at > 0);
    let readings = splits.filter_map(|(at, _)| {
        let name = rest[at + 1..].to_ascii_lowercase();
        let source = match name.as_str() {
            "policy" => SettingSource::Inline { name, is_secret: false },
            _ => names.parse_key(&name)?,
        };
        Some((rest[..at].to_owned(), source))
    });
    readings.collect()
}

/// Of each setting the vault, the name and the value.
type VariableSettings = Vec<(String, String, Secret)>;

fn resolve_settings(
    variable: &str,
    value: &Secret,
    readings: &[(String, SettingSource)],
    local: &LocalReader,
) -> Result<VariableSettings, Diagnostic> {
    let text = value.text().ok_or_else(|| invalid_variable(variable, "is no text"))?;
    let mut settings = Vec::new();
    for (vault, source) in readings {
        let (name, value) = match source {
            SettingSource::Inline { name, .. } => (name, value.clone()),
            // what is a file by nature may be given whole, too
            SettingSource::File { name } if text.contains("-----BEGIN") => (name, value.clone()),
            SettingSource::File { name } => (name, read_file_value(variable, text, local)?),
            SettingSource::Variable { name } => (name, read_variable_value(variable, text, local)?),
        };
        if name == "policy" && Policy::from_name(text).is_none() {
            return Err(invalid_variable(variable, "is none of strict, default, warn and off"));
        }
        if name == "address" && !is_address(value.text().unwrap_or_default()) {
            return Err(invalid_variable(
                variable,
                "is no address: http:// or https://, a host, and no password",
            ));
        }
        settings.push((vault.clone(), name.clone(), value));
    }
    Ok(settings)
}

fn read_file_value(variable: &str, path: &str, local: &LocalReader) -> Result<Secret, Diagnostic> {
    local
        .read_file(path)
        .map_err(|error| invalid_variable(variable, &format!("names a file that cannot be read: {error}")))
}

fn read_variable_value(variable: &str, other: &str, local: &LocalReader) -> Result<Secret, Diagnostic> {
    local
        .read_variable(other)
        .ok_or_else(|| invalid_variable(variable, "names a variable that is not set"))
}

fn insert_setting(vault: &mut VaultSettings, name: String, value: Secret) {
    if name == "policy" {
        vault.policy = value.text().and_then(Policy::from_name);
    } else {
        let origin = SettingOrigin::Operator;
        vault.values.insert(name, VaultSetting { value, origin });
    }
}

fn invalid_variable(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(DiagnosticCode::SettingsVariable, format!("the variable {name} {what}"))
}

/// A warning only: the variable may be another program's.
fn unknown_variable(name: &str, names: &SettingNames) -> Diagnostic {
    let diagnostic = Diagnostic::warning(
        DiagnosticCode::SettingsVariable,
        format!("the variable {name} says nothing of a vault"),
    );
    let rest = name
        .strip_prefix(VARIABLE_PREFIX)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let known: Vec<String> = names.all_keys().collect();
    let tails = rest.match_indices('_').map(|(at, _)| &rest[at + 1..]);
    let close = tails
        .filter(|tail| !tail.is_empty())
        .find_map(|tail| suggest_similar(tail, known.iter().map(String::as_str)));
    match close {
        Some(close) => diagnostic.help(format!("did you mean …_{}?", close.to_ascii_uppercase())),
        None => diagnostic.help(format!(
            "it is {VARIABLE_PREFIX}<PREFIX>_ADDRESS, _TOKEN, _NAMESPACE and the like"
        )),
    }
}

fn incomplete_pair_error(vault: &str, pair: IncompletePair) -> Diagnostic {
    let (present, missing) = (pair.present.to_ascii_uppercase(), pair.missing.to_ascii_uppercase());
    let message = format!("{VARIABLE_PREFIX}{vault}_{present} is set, but no {VARIABLE_PREFIX}{vault}_{missing}");
    Diagnostic::error(DiagnosticCode::HalfASet, message).help("one is of no use without the other")
}
