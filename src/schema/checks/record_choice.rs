use std::sync::Arc;

use super::fields::error_message;
use super::{error_tree, validators};
use crate::{Catalog, KindId, Record, SubschemaSelector};
use json::{Object, Value};

/// What Kong's Lua writes for no value at all.
const LUA_NIL: &str = "nil";

/// The record by which a body is checked: the kind's, completed by the schema that the body names. With `defaults`, a
/// body that names none is what the field's default says.
///
/// # Errors
/// The body names no schema, or one that is not loaded: nothing else is told then.
pub(crate) fn choose_record(
    catalog: &Catalog,
    kind: KindId,
    body: &Object,
    defaults: bool,
) -> Result<Arc<Record>, Object> {
    let described = catalog.kind(kind);
    let Some(selector) = &described.subschemas else {
        return Ok(Arc::clone(&described.record));
    };
    let fallback = described
        .record
        .get(&selector.by)
        .and_then(|field| field.default.as_ref());
    let named = body.get(&selector.by).or(fallback.filter(|_| defaults));
    let refused = |message: String| {
        let mut errors = Object::new();
        error_tree::set_field_error(&mut errors, &selector.by, error_message(&message));
        errors
    };
    match named {
        None | Some(Value::Null) => Err(refused("required field missing".to_owned())),
        Some(Value::Bool(_) | Value::Number(_)) => {
            let mut errors = Object::new();
            error_tree::add_entity_error(&mut errors, "An unexpected error occurred".to_owned());
            Err(errors)
        }
        Some(_) if is_loaded(catalog, selector, body) => Ok(catalog.record(kind, body)),
        Some(Value::String(name)) => Err(refused(selector.format_unknown(name))),
        Some(value) => {
            let first = value.as_array().and_then(|members| members.first());
            let shown = match first {
                None => LUA_NIL.to_owned(),
                Some(Value::Null) => "userdata: NULL".to_owned(),
                Some(first) => validators::to_lua_text(first),
            };
            Err(refused(selector.format_unknown(&shown)))
        }
    }
}

/// Where nothing is known of what is loaded, everything may be: whoever reads files says what is not recorded.
fn is_loaded(catalog: &Catalog, selector: &SubschemaSelector, body: &Object) -> bool {
    match (selector.subschema_name(body), catalog.loaded_names(&selector.family)) {
        (Some(name), Some(loaded)) => loaded.contains(name),
        (Some(name), None) => selector.open || catalog.subschema(&selector.family, name).is_some(),
        (None, _) => !body.contains_key(&selector.by),
    }
}
