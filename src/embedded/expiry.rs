use super::error::EmbeddedError;
use json::{Object, Value};
use schema::{Kind, SchemaViolations};

/// Kong's limit.
const MAX_TTL_SECONDS: i64 = 100_000_000;

/// Removes the time to live from a body, and returns when the entity expires.
///
/// # Errors
/// A time to live that is no whole number or out of bounds.
pub(super) fn take_expiry(kind: &Kind, body: &mut Object, now: f64) -> Result<Option<f64>, EmbeddedError> {
    let Some(field) = &kind.ttl_field else { return Ok(None) };
    let violation = |message: String| {
        let fields = Object::from_iter([(field.clone(), Value::from(message))]);
        EmbeddedError::Violations(SchemaViolations(fields))
    };
    match body.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(0) => Ok(None),
            Some(seconds) if (1..=MAX_TTL_SECONDS).contains(&seconds) => Ok(Some(now + seconds as f64)),
            Some(_) => Err(violation(format!("value should be between 0 and {MAX_TTL_SECONDS}"))),
            None => Err(violation("expected an integer".to_owned())),
        },
    }
}
