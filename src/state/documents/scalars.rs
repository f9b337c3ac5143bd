use crate::state::{Data, Style};
pub(super) fn type_as_yaml(text: &str) -> Data {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Number(number)) => Data::Number(number),
        Ok(serde_json::Value::Bool(truth)) => Data::Bool(truth),
        Ok(serde_json::Value::Null) => Data::Null,
        _ => Data::String(text.to_owned(), Style::Plain),
    }
}
pub(super) fn spell_float(value: f64) -> String {
    format!("{}", value as f32)
}
