use std::collections::BTreeMap;

use super::incomplete_pairs::{IncompletePair, find_incomplete_pairs};
use super::read::{LocalReader, is_address};
use super::setting_names::{SettingNames, SettingSource};
use reference::{Policy, Secret, SettingOrigin, VaultSetting};
use reference::{ReferenceSettings, VaultSettings};
use yaml::{Diagnostic, DiagnosticCode, suggest_similar};

/// What the variables that speak of a vault begin with.
pub const VARIABLE_PREFIX: &str = "STRONGROOM_VAULT_";

/// Reads `STRONGROOM_VAULT_<PREFIX>_<WORD>` into settings, and tells all that is wrong in it. Where a name can be divided
/// in several ways, it is said of each vault that it could mean.
pub fn read_variables(
    settings: &mut ReferenceSettings,
    variables: &[(String, Secret)],
    words: &SettingNames,
    machine: &LocalReader<'_>,
) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let mut owners: BTreeMap<String, VaultSettings> = BTreeMap::new();
    for (name, value) in variables.iter().filter(|(_, value)| !value.expose().is_empty()) {
        let readings = split_variable_name(name, words);
        if readings.is_empty() {
            told.push(unknown_variable(name, words));
        }
        match resolve_settings(name, value, &readings, machine) {
            Ok(meant) => {
                for (owner, word, value) in meant {
                    insert_setting(owners.entry(owner).or_default(), word, value);
                }
            }
            Err(wrong) => told.push(wrong),
        }
    }
    for (owner, said) in &owners {
        told.extend(find_incomplete_pairs(&said.values).map(|half| incomplete_pair_error(owner, half)));
    }
    settings.variable_settings = owners;
    told
}

/// Every way in which a variable's name can be divided into a vault's name and what is said of it, the longest word first.
fn split_variable_name(name: &str, words: &SettingNames) -> Vec<(String, SettingSource)> {
    let rest = name.strip_prefix(VARIABLE_PREFIX).unwrap_or_default();
    let splits = rest.char_indices().filter(|(at, c)| *c == '_' && *at > 0);
    let forms = splits.filter_map(|(at, _)| {
        let word = rest[at + 1..].to_ascii_lowercase();
        let form = match word.as_str() {
            "policy" => SettingSource::Inline {
                name: word,
                is_secret: false,
            },
            _ => words.parse_key(&word)?,
        };
        Some((rest[..at].to_owned(), form))
    });
    forms.collect()
}

type VariableSettings = Vec<(String, String, Secret)>;

/// What a variable says: of whom, under which word, what.
fn resolve_settings(
    name: &str,
    value: &Secret,
    readings: &[(String, SettingSource)],
    machine: &LocalReader<'_>,
) -> Result<VariableSettings, Diagnostic> {
    let text = value.text().ok_or_else(|| invalid_variable(name, "is no text"))?;
    let mut meant = Vec::new();
    for (owner, form) in readings {
        let (word, value) = match form {
            SettingSource::Inline { name: word, .. } => (word, value.clone()),
            // what is a file by nature may be given whole, too
            SettingSource::File { name: word } if text.contains("-----BEGIN") => (word, value.clone()),
            SettingSource::File { name: word } => (word, read_file_value(name, text, machine)?),
            SettingSource::Variable { name: word } => (word, read_variable_value(name, text, machine)?),
        };
        if word == "policy" && Policy::from_name(text).is_none() {
            return Err(invalid_variable(name, "is none of strict, default, warn and off"));
        }
        if word == "address" && !is_address(value.text().unwrap_or_default()) {
            return Err(invalid_variable(
                name,
                "is no address: http:// or https://, a host, and no password",
            ));
        }
        meant.push((owner.clone(), word.clone(), value));
    }
    Ok(meant)
}

fn read_file_value(name: &str, path: &str, machine: &LocalReader<'_>) -> Result<Secret, Diagnostic> {
    (machine.read_file)(path).map_err(|why| invalid_variable(name, &format!("names a file that cannot be read: {why}")))
}

fn read_variable_value(name: &str, other: &str, machine: &LocalReader<'_>) -> Result<Secret, Diagnostic> {
    (machine.read_variable)(other).ok_or_else(|| invalid_variable(name, "names a variable that is not set"))
}

fn insert_setting(said: &mut VaultSettings, word: String, value: Secret) {
    if word == "policy" {
        said.policy = value.text().and_then(Policy::from_name);
    } else {
        let side = SettingOrigin::Operator;
        said.values.insert(word, VaultSetting { value, origin: side });
    }
}

fn invalid_variable(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(DiagnosticCode::SettingsVariable, format!("the variable {name} {what}"))
}

/// A variable that says nothing may be somebody else's: it stops nothing.
fn unknown_variable(name: &str, words: &SettingNames) -> Diagnostic {
    let told = Diagnostic::warning(
        DiagnosticCode::SettingsVariable,
        format!("the variable {name} says nothing of a vault"),
    );
    let rest = name
        .strip_prefix(VARIABLE_PREFIX)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let known: Vec<String> = words.all_keys().collect();
    let tails = rest.match_indices('_').map(|(at, _)| &rest[at + 1..]);
    let close = tails
        .filter(|tail| !tail.is_empty())
        .find_map(|tail| suggest_similar(tail, known.iter().map(String::as_str)));
    match close {
        Some(close) => told.help(format!("did you mean …_{}?", close.to_ascii_uppercase())),
        None => told.help(format!(
            "it is {VARIABLE_PREFIX}<PREFIX>_ADDRESS, _TOKEN, _NAMESPACE and the like"
        )),
    }
}

fn incomplete_pair_error(owner: &str, half: IncompletePair) -> Diagnostic {
    let (has, lacks) = (half.present.to_ascii_uppercase(), half.missing.to_ascii_uppercase());
    let message = format!("{VARIABLE_PREFIX}{owner}_{has} is set, but no {VARIABLE_PREFIX}{owner}_{lacks}");
    Diagnostic::error(DiagnosticCode::HalfASet, message).help("one is of no use without the other")
}
