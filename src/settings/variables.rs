use std::collections::BTreeMap;

use super::halves::{Half, half_sets};
use super::read::{Machine, is_address};
use super::words::{Form, Words};
use reference::{Policy, Secret, Setting, Side};
use reference::{Settings, VaultSettings};
use yaml::{Diagnostic, suggest_similar};

/// What the variables that speak of a vault begin with.
pub const VARIABLES: &str = "STRONGROOM_VAULT_";

/// Reads `STRONGROOM_VAULT_<PREFIX>_<WORD>` into settings, and tells all that is wrong in it. Where a name can be divided
/// in several ways, it is said of each vault that it could mean.
pub fn read_variables(
    settings: &mut Settings,
    variables: &[(String, Secret)],
    words: &Words,
    machine: &Machine<'_>,
) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let mut owners: BTreeMap<String, VaultSettings> = BTreeMap::new();
    for (name, value) in variables.iter().filter(|(_, value)| !value.expose().is_empty()) {
        let readings = readings(name, words);
        if readings.is_empty() {
            told.push(unknown(name, words));
        }
        match meaning(name, value, &readings, machine) {
            Ok(meant) => {
                for (owner, word, value) in meant {
                    put(owners.entry(owner).or_default(), word, value);
                }
            }
            Err(wrong) => told.push(wrong),
        }
    }
    for (owner, said) in &owners {
        told.extend(half_sets(&said.values).map(|half| one_half(owner, half)));
    }
    settings.variables = owners;
    told
}

/// Every way in which a variable's name can be divided into a vault's name and what is said of it, the longest word first.
fn readings(name: &str, words: &Words) -> Vec<(String, Form)> {
    let rest = name.strip_prefix(VARIABLES).unwrap_or_default();
    let splits = rest.char_indices().filter(|(at, c)| *c == '_' && *at > 0);
    let forms = splits.filter_map(|(at, _)| {
        let word = rest[at + 1..].to_ascii_lowercase();
        let form = match word.as_str() {
            "policy" => Form::Plain { word, secret: false },
            _ => words.form(&word)?,
        };
        Some((rest[..at].to_owned(), form))
    });
    forms.collect()
}

type Meant = Vec<(String, String, Secret)>;

/// What a variable says: of whom, under which word, what.
fn meaning(
    name: &str,
    value: &Secret,
    readings: &[(String, Form)],
    machine: &Machine<'_>,
) -> Result<Meant, Diagnostic> {
    let text = value.text().ok_or_else(|| wrong(name, "is no text"))?;
    let mut meant = Vec::new();
    for (owner, form) in readings {
        let (word, value) = match form {
            Form::Plain { word, .. } => (word, value.clone()),
            // what is a file by nature may be given whole, too
            Form::File { word } if text.contains("-----BEGIN") => (word, value.clone()),
            Form::File { word } => (word, content(name, text, machine)?),
            Form::Variable { word } => (word, variable(name, text, machine)?),
        };
        if word == "policy" && Policy::named(text).is_none() {
            return Err(wrong(name, "is none of strict, default, warn and off"));
        }
        if word == "address" && !is_address(value.text().unwrap_or_default()) {
            return Err(wrong(
                name,
                "is no address: http:// or https://, a host, and no password",
            ));
        }
        meant.push((owner.clone(), word.clone(), value));
    }
    Ok(meant)
}

fn content(name: &str, path: &str, machine: &Machine<'_>) -> Result<Secret, Diagnostic> {
    (machine.file)(path).map_err(|why| wrong(name, &format!("names a file that cannot be read: {why}")))
}

fn variable(name: &str, other: &str, machine: &Machine<'_>) -> Result<Secret, Diagnostic> {
    (machine.variable)(other).ok_or_else(|| wrong(name, "names a variable that is not set"))
}

fn put(said: &mut VaultSettings, word: String, value: Secret) {
    if word == "policy" {
        said.policy = value.text().and_then(Policy::named);
    } else {
        let side = Side::Checker;
        said.values.insert(word, Setting { value, side });
    }
}

fn wrong(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error("settings-variable", format!("the variable {name} {what}"))
}

/// A variable that says nothing may be somebody else's: it stops nothing.
fn unknown(name: &str, words: &Words) -> Diagnostic {
    let told = Diagnostic::warning(
        "settings-variable",
        format!("the variable {name} says nothing of a vault"),
    );
    let rest = name.strip_prefix(VARIABLES).unwrap_or_default().to_ascii_lowercase();
    let known: Vec<String> = words.keys().collect();
    let tails = rest.match_indices('_').map(|(at, _)| &rest[at + 1..]);
    let close = tails
        .filter(|tail| !tail.is_empty())
        .find_map(|tail| suggest_similar(tail, known.iter().map(String::as_str)));
    match close {
        Some(close) => told.help(format!("did you mean …_{}?", close.to_ascii_uppercase())),
        None => told.help(format!(
            "it is {VARIABLES}<PREFIX>_ADDRESS, _TOKEN, _NAMESPACE and the like"
        )),
    }
}

fn one_half(owner: &str, half: Half) -> Diagnostic {
    let (has, lacks) = (half.has.to_ascii_uppercase(), half.lacks.to_ascii_uppercase());
    let message = format!("{VARIABLES}{owner}_{has} is set, but no {VARIABLES}{owner}_{lacks}");
    Diagnostic::error("half-a-set", message).help("one is of no use without the other")
}
