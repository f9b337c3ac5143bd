use std::collections::{BTreeMap, BTreeSet};

use super::escape::to_single_line;

/// An environment variable that every data plane must define.
#[derive(Debug, Default)]
pub(crate) struct DataPlaneVariable {
    /// The members of a JSON object that references name; none if they use the value as it is.
    pub(crate) json_keys: BTreeSet<String>,
    /// The uses, in words.
    pub(crate) used_by: Vec<String>,
}

/// The variables as a dotenv template, which shells may source, too: one whose name no shell takes becomes a comment, for a
/// shell would run its line as a command.
pub(crate) fn render_dotenv(variables: &BTreeMap<String, DataPlaneVariable>) -> String {
    let entries = variables.iter().map(|(name, variable)| {
        let line = match is_shell_name(name) {
            true => format!("{name}=\n"),
            false => format!("# no shell can set the variable {name:?}: rename the secret\n"),
        };
        format!("{}{line}", render_comments(variable, ""))
    });
    entries.collect::<Vec<_>>().join("\n")
}

/// The variables as a Kubernetes Secret, for `envFrom`. One whose name is no key of a Secret becomes a comment.
pub(crate) fn render_secret_manifest(variables: &BTreeMap<String, DataPlaneVariable>) -> String {
    let mut text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: kong-vault-env\ntype: Opaque\n".to_owned();
    text += if variables.keys().any(|name| is_secret_key(name)) {
        "stringData:\n"
    } else {
        "stringData: {}\n"
    };
    for (name, variable) in variables {
        text += &render_comments(variable, "  ");
        text += &match is_secret_key(name) {
            true => format!("  {}: \"\"\n", json::Value::from(name.as_str())),
            false => format!("  # no Secret can hold the variable {name:?}: rename the secret\n"),
        };
    }
    text
}

fn render_comments(variable: &DataPlaneVariable, indent: &str) -> String {
    let mut text = String::new();
    for usage in &variable.used_by {
        text += &format!("{indent}# {}\n", to_single_line(usage.trim()));
    }
    if !variable.json_keys.is_empty() {
        let keys: Vec<String> = variable.json_keys.iter().map(|key| format!("{key:?}")).collect();
        text += &format!("{indent}# a JSON object with {}\n", keys.join(", "));
    }
    text
}

fn is_shell_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(is_allowed) && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether a name is a key of a Secret (letters, digits, `-`, `_` and `.`) that `envFrom` takes for a variable.
fn is_secret_key(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
    name.bytes().all(is_allowed) && name.starts_with(is_first) && name.len() <= 253
}
