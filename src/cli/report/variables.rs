use std::collections::{BTreeMap, BTreeSet};

use super::escape::to_single_line;

/// What every data plane has to define.
#[derive(Debug, Default)]
pub(crate) struct DataPlaneVariable {
    /// The members of a JSON object that are asked for; none, if the value is used as it is.
    pub(crate) json_keys: BTreeSet<String>,
    /// Who uses it.
    pub(crate) used_by: Vec<String>,
}

/// The variables as a dotenv template, which shells may read, too: one whose name they do not know is told in a comment,
/// for they would take its line for a command.
pub(crate) fn render_dotenv(variables: &BTreeMap<String, DataPlaneVariable>) -> String {
    let each = variables.iter().map(|(name, variable)| {
        let line = match is_shell_name(name) {
            true => format!("{name}=\n"),
            false => format!("# no shell can set the variable {name:?}: rename the secret\n"),
        };
        format!("{}{line}", render_comments(variable, ""))
    });
    each.collect::<Vec<_>>().join("\n")
}

/// The variables as a Kubernetes Secret, for `envFrom`. One whose name is no key of a Secret is told in a comment.
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
    for by in &variable.used_by {
        text += &format!("{indent}# {}\n", to_single_line(by.trim()));
    }
    if !variable.json_keys.is_empty() {
        let keys: Vec<String> = variable.json_keys.iter().map(|key| format!("{key:?}")).collect();
        text += &format!("{indent}# a JSON object with {}\n", keys.join(", "));
    }
    text
}

/// A name that shells know.
fn is_shell_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(word) && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// A key of a Secret (letters, digits, `-`, `_` and `.`) that `envFrom` takes for a variable's name.
fn is_secret_key(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let starts = |first: char| first.is_ascii_alphabetic() || first == '_';
    name.bytes().all(word) && name.starts_with(starts) && name.len() <= 253
}
