use std::cmp::Ordering;
use std::iter::Peekable;

use json::Value;
use json::{Iter, Object};

use super::normalize::{default_for, trimmed_lines};
use super::shorthand;
use super::{Catalog, Field, FieldType, ForeignKeyValue, Kind, KindId, Record};

/// Fast path of comparing: whether a live entity is what a document declares (foreign keys resolved), field by field and
/// without a copy of anything, where canonical forms would be two new bodies.
///
/// `true` is certain: the canonical forms do not differ in anything that a document can declare. `false` may be wrong
/// (sets in another order, shorthands, hashed fields): then the canonical forms have to be compared.
pub fn matches_live(
    catalog: &Catalog,
    kind: KindId,
    live: &Object,
    declared_body: &Object,
    foreign_keys: &[(&str, ForeignKeyValue)],
) -> bool {
    let record = catalog.record(kind, declared_body);
    let kind = catalog.kind(kind);
    kind.hashed_field.is_none() && record_matches(&record, FieldScope::Entity(kind, foreign_keys), declared_body, live)
}

/// Whether the canonical form of a text field is its value in a body, unchanged, or null if it has none.
pub fn is_written_canonically(record: &Record, body: &Object, name: &str) -> bool {
    let Some(field) = record.get(name) else {
        return !body.contains_key(name);
    };
    let is_plain = matches!(field.field_type, FieldType::String | FieldType::Foreign(_))
        && field.default.as_ref().is_none_or(Value::is_null);
    is_plain
        && !matches!(
            body.get(name),
            Some(Value::Object(_) | Value::Array(_) | Value::Number(_))
        )
        && !["stored", "compared", "default_if"]
            .iter()
            .any(|rule| field.rules.contains_key(rule))
        && !shorthand::uses_shorthand(record, body)
}

/// What encloses a field.
#[derive(Clone, Copy)]
enum FieldScope<'a> {
    /// The entity itself, with its resolved foreign keys.
    Entity(&'a Kind, &'a [(&'a str, ForeignKeyValue)]),
    /// A record of it, whose server-generated fields are not compared either.
    Record,
    /// A member of a list or map.
    Member,
}

fn record_matches(record: &Record, scope: FieldScope<'_>, declared_body: &Object, live: &Object) -> bool {
    if shorthand::uses_shorthand(record, declared_body) {
        return false;
    }
    let is_nothing = |name: &str, value: &Value| {
        value.is_null() || scope.is_server_managed(name) || shorthand::is_mirrored_shorthand(record, name, live)
    };
    // members of an object are sorted by name as well: both are merged, and nothing is searched
    let (mut declared, mut shown) = (
        MemberCursor::new(declared_body, |_, _| false),
        MemberCursor::new(live, is_nothing),
    );
    for (name, field) in record.fields.iter_by_name() {
        let (declared, shown) = (
            declared.advance_to(name),
            shown.advance_to(name).unwrap_or(&Value::Null),
        );
        let is_same = match scope.foreign_key(name) {
            Some(link) => link.matches(shown),
            None => field_matches(field, scope, (declared, declared_body), shown),
        };
        if !is_same && !field.is_transient() && !scope.is_server_managed(name) {
            return false;
        }
    }
    declared.rest_is_skippable() && shown.rest_is_skippable()
}

/// The members of an object, read in the order of their names.
struct MemberCursor<'a, P> {
    remaining: Peekable<Iter<'a>>,
    /// Whether a member that is not asked for may be skipped.
    is_skippable: P,
    all_skippable: bool,
}

impl<'a, P: Fn(&str, &Value) -> bool> MemberCursor<'a, P> {
    fn new(object: &'a Object, is_skippable: P) -> Self {
        Self {
            remaining: object.iter().peekable(),
            is_skippable,
            all_skippable: true,
        }
    }

    /// The member of that name. Names must be asked for in order.
    fn advance_to(&mut self, name: &str) -> Option<&'a Value> {
        while let Some((known, value)) = self.remaining.peek().copied() {
            let order = known.cmp(name);
            if order == Ordering::Greater {
                return None;
            }
            self.remaining.next();
            if order == Ordering::Equal {
                return Some(value);
            }
            self.all_skippable &= (self.is_skippable)(known, value);
        }
        None
    }

    /// Whether all members that were not asked for may be skipped.
    fn rest_is_skippable(self) -> bool {
        let Self {
            remaining: mut rest,
            is_skippable,
            all_skippable,
        } = self;
        all_skippable && rest.all(|(name, value)| is_skippable(name, value))
    }
}

impl<'a> FieldScope<'a> {
    fn foreign_key(self, name: &str) -> Option<&'a ForeignKeyValue> {
        let Self::Entity(_, foreign_keys) = self else {
            return None;
        };
        foreign_keys
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, link)| link)
    }

    fn is_server_managed(self, name: &str) -> bool {
        matches!(self, Self::Entity(kind, _) if kind.is_server_managed(name) || kind.ttl_field.as_deref() == Some(name))
    }

    fn nested(self) -> Self {
        match self {
            Self::Entity(..) | Self::Record => Self::Record,
            Self::Member => Self::Member,
        }
    }
}

fn field_matches(
    field: &Field,
    scope: FieldScope<'_>,
    (declared, declared_body): (Option<&Value>, &Object),
    shown: &Value,
) -> bool {
    let is_generated = field.is_server_generated() && !matches!(scope, FieldScope::Member);
    match declared {
        Some(Value::Null) => is_generated || shown.is_null(),
        Some(declared) => value_matches(field, scope, declared, shown),
        None if is_generated => true,
        None => match (default_for(field, declared_body), &field.field_type, shown) {
            (Some(default), ..) => value_matches(field, scope, default, shown),
            (None, FieldType::Record(record), Value::Object(shown)) if field.required => {
                record_matches(record, scope.nested(), &Object::new(), shown)
            }
            (None, FieldType::Record(_), _) if field.required => false,
            (None, ..) => shown.is_null(),
        },
    }
}

fn value_matches(field: &Field, scope: FieldScope<'_>, declared: &Value, shown: &Value) -> bool {
    match (&field.field_type, declared, shown) {
        (FieldType::Record(record), Value::Object(declared), Value::Object(shown)) => {
            record_matches(record, scope.nested(), declared, shown)
        }
        (FieldType::Array(inner) | FieldType::Set(inner), Value::Array(declared), Value::Array(shown)) => {
            let mut members = declared.iter().zip(shown);
            declared.len() == shown.len()
                && members.all(|(declared, shown)| value_matches(inner, FieldScope::Member, declared, shown))
        }
        (FieldType::Map { values, .. }, Value::Object(declared), Value::Object(shown)) => {
            let is_member_same = |(name, declared): (&str, &Value)| {
                let shown = shown.get(name);
                shown.is_some_and(|shown| value_matches(values, FieldScope::Member, declared, shown))
            };
            declared.len() == shown.len() && declared.iter().all(is_member_same)
        }
        (FieldType::String, Value::String(declared), Value::String(shown)) => {
            declared == shown || field.is_compared_as_pem() && trimmed_lines(declared).eq(trimmed_lines(shown))
        }
        (_, Value::Number(declared), Value::Number(shown)) => declared == shown || declared.as_f64() == shown.as_f64(),
        _ => declared == shown,
    }
}
