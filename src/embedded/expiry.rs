use super::error::EmbeddedError;
use json::{Object, Value};
use schema::{Kind, SchemaViolations};

/// The longest life Kong grants, in seconds.
const MAX_TTL_SECONDS: i64 = 100_000_000;

/// Takes the seconds an entity has to live out of a body, and says when they are over.
///
/// # Errors
/// A life that is no whole number or out of bounds.
pub(super) fn take_expiry(kind: &Kind, body: &mut Object, now: f64) -> Result<Option<f64>, EmbeddedError> {
    let Some(field) = &kind.ttl_field else { return Ok(None) };
    let wrong = |why: String| {
        let fields = Object::from_iter([(field.clone(), Value::from(why))]);
        EmbeddedError::Violations(SchemaViolations(fields))
    };
    match body.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(0) => Ok(None),
            Some(seconds) if (1..=MAX_TTL_SECONDS).contains(&seconds) => Ok(Some(now + seconds as f64)),
            Some(_) => Err(wrong(format!("value should be between 0 and {MAX_TTL_SECONDS}"))),
            None => Err(wrong("expected an integer".to_owned())),
        },
    }
}
