use plan::{PlanSecret, PlanValue, SecretOrigin};

/// A value on one line, as JSON would write it; secrets by their fingerprints.
pub fn render_inline(tree: &PlanValue) -> String {
    match tree {
        PlanValue::Null => "null".to_owned(),
        PlanValue::Bool(value) => value.to_string(),
        PlanValue::Number(value) => value.to_string(),
        PlanValue::String(value) => quote_json(value),
        PlanValue::List(members) => format!("[{}]", join_with_commas(members.iter().map(render_inline))),
        PlanValue::Map(members) if members.is_empty() => "{}".to_owned(),
        PlanValue::Map(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name}: {}", render_inline(value)));
            format!("{{ {} }}", join_with_commas(members))
        }
        PlanValue::Secret(secret) => redact_secret(secret),
    }
}

/// What is shown of a secret: its fingerprint, and the variables that it came from.
pub fn redact_secret(secret: &PlanSecret) -> String {
    match &secret.origin {
        SecretOrigin::Environment(names) if !names.is_empty() => {
            format!("<secret {} from {}>", secret.fingerprint(), names.join(", "))
        }
        _ => format!("<secret {}>", secret.fingerprint()),
    }
}

/// Whether a text is better shown line by line.
pub fn is_block(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

fn quote_json(text: &str) -> String {
    json::Value::from(text).to_string()
}

fn join_with_commas(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}
