use super::escape::to_single_line;
use plan::{PlanSecret, PlanValue, SecretOrigin};

/// A value on one line, as JSON would write it, with the fingerprints of secrets.
pub(super) fn render_inline(value: &PlanValue) -> String {
    match value {
        PlanValue::Null => "null".to_owned(),
        PlanValue::Bool(value) => value.to_string(),
        PlanValue::Number(value) => value.to_string(),
        PlanValue::String(value) => quote_json(value),
        PlanValue::List(members) => format!("[{}]", join_with_commas(members.iter().map(render_inline))),
        PlanValue::Map(members) if members.is_empty() => "{}".to_owned(),
        PlanValue::Map(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", to_single_line(name), render_inline(value)));
            format!("{{ {} }}", join_with_commas(members))
        }
        PlanValue::Secret(secret) => to_single_line(&redact_secret(secret)),
    }
}

/// The fingerprint of a secret, and the variables that it comes from.
pub(super) fn redact_secret(secret: &PlanSecret) -> String {
    match &secret.origin {
        SecretOrigin::Environment(names) if !names.is_empty() => {
            format!("<secret {} from {}>", secret.fingerprint(), names.join(", "))
        }
        _ => format!("<secret {}>", secret.fingerprint()),
    }
}

/// Whether a text has several lines.
pub(super) fn is_block(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
}

fn quote_json(text: &str) -> String {
    to_single_line(&json::Value::from(text).to_string())
}

fn join_with_commas(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}
