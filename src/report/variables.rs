use std::collections::{BTreeMap, BTreeSet};

/// What every data plane has to define.
#[derive(Debug, Default)]
pub struct Variable {
    /// The members of a JSON object that are asked for; none, if the value is used as it is.
    pub keys: BTreeSet<String>,
    /// Who uses it.
    pub used_by: Vec<String>,
}

/// The variables as a dotenv template.
pub fn dotenv(variables: &BTreeMap<String, Variable>) -> String {
    let each = variables.iter().map(|(name, variable)| {
        let odd = match is_name(name) {
            true => "",
            false => "# no shell can set a variable of this name: rename the secret\n",
        };
        format!("{}{odd}{name}=\n", comments(variable, ""))
    });
    each.collect::<Vec<_>>().join("\n")
}

/// The variables as a Kubernetes Secret, for `envFrom`.
pub fn secret_manifest(variables: &BTreeMap<String, Variable>) -> String {
    let mut text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: kong-vault-env\ntype: Opaque\n".to_owned();
    text += if variables.is_empty() {
        "stringData: {}\n"
    } else {
        "stringData:\n"
    };
    for (name, variable) in variables {
        let quoted = serde_json::Value::from(name.as_str());
        text += &format!("{}  {quoted}: \"\"\n", comments(variable, "  "));
    }
    text
}

fn comments(variable: &Variable, indent: &str) -> String {
    let mut text = String::new();
    for by in &variable.used_by {
        text += &format!("{indent}# {}\n", by.trim());
    }
    if !variable.keys.is_empty() {
        let keys: Vec<String> = variable.keys.iter().map(|key| format!("{key:?}")).collect();
        text += &format!("{indent}# a JSON object with {}\n", keys.join(", "));
    }
    text
}

fn is_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(word) && !name.starts_with(|first: char| first.is_ascii_digit())
}
