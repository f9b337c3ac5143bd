//! What Kong refuses, in its words: the rules of its schema language, and the checks it makes in code.
//!
//! Defaults are filled in ([`defaults`]), every field is checked ([`fields`], [`validators`]), then fields against each other
//! ([`entity_checks`]). Checks that Kong makes in code have names ([`named_checks`]): the files under `schemas/` say which
//! fields they look at, as `checks` of a field or of a kind.

mod certificates;
mod combinations;
mod defaults;
mod der;
mod entity_checks;
mod error_tree;
mod field_view;
mod fields;
mod hostname;
mod jwk;
mod keys;
mod lua_pattern;
mod lua_syntax;
mod named_checks;
mod pairs;
mod paths;
mod pcre;
mod record_choice;
mod route_expression;
mod text;
mod urls;
mod validators;

use std::sync::LazyLock;

use self::field_view::FieldView;
use super::{Catalog, CheckPurpose, Field, FieldType, Kind, KindId};
use json::{Object, Value, json};

pub use keys::{is_private_key, is_public_key};
pub(super) use record_choice::choose_record;

/// One run of checks over one body.
pub(super) struct BodyChecker<'a> {
    pub catalog: &'a Catalog,
    pub kind: &'a Kind,
    pub purpose: CheckPurpose,
    /// Seconds since 1970.
    pub now: i64,
    /// Whether the body is a whole entity, not a part of one.
    pub is_full_entity: bool,
}

impl BodyChecker<'_> {
    /// What is wrong with a part of an entity, as far as the part goes.
    fn check_partial(&self, kind: KindId, part: &Object) -> Object {
        let checker = BodyChecker {
            kind: self.catalog.kind(kind),
            is_full_entity: false,
            ..*self
        };
        match record_choice::choose_record(self.catalog, kind, part, false) {
            Ok(record) => checker.check_record(&record, part),
            Err(errors) => errors,
        }
    }

    /// Removes the time to live from a body, and checks it: no schema has that field.
    pub(crate) fn take_ttl(&self, body: &mut Object) -> Option<(String, Value)> {
        let name = self.kind.ttl_field.as_ref()?;
        let ttl = body.remove(name)?;
        let seconds = FieldView::new(&TTL_FIELD);
        self.check_value(seconds, &ttl).err().map(|fault| (name.clone(), fault))
    }

    /// Whether the value of a field does not matter, because the server overwrites it.
    fn is_set_by_server(&self, name: &str, field: &Field, value: Option<&Value>) -> bool {
        field.auto && (value.is_none_or(Value::is_null) || self.kind.server_only.iter().any(|known| known == name))
    }
}

/// In seconds.
static TTL_FIELD: LazyLock<Field> = LazyLock::new(|| Field {
    field_type: FieldType::Integer,
    required: false,
    default: None,
    auto: false,
    referenceable: false,
    secret: false,
    unique: false,
    checks: Vec::new(),
    rules: Object::from_iter([("between".to_owned(), json!([0, 100_000_000]))]),
});

/// Names in quotes, one after another.
fn quote_names(names: &[Value]) -> String {
    let shown: Vec<String> = names
        .iter()
        .map(|name| format!("'{}'", validators::to_lua_text(name)))
        .collect();
    shown.join(", ")
}

/// Whether a text is a reference: its value is not known here, and not checked.
fn is_reference(text: &str) -> bool {
    text.starts_with("{vault://") && text.ends_with('}')
}
