use std::cmp::Ordering;
use std::iter::Peekable;

use json::Value;
use json::{Iter, Object};

use super::normalize::{default_for, trimmed_lines};
use super::shorthand;
use super::{Catalog, Field, FieldType, ForeignKeyValue, Kind, KindId, Record};

/// Whether an entity as the server shows it is what a document says (its foreign keys found), as far as it says
/// anything: told field by field, and nothing is copied.
///
/// A yes is certain: then the canonical forms do not differ in anything that a document can say. A no may be wrong
/// (sets in another order, shorthands, hashed fields): then the canonical forms have to be compared.
pub fn matches_live(
    catalog: &Catalog,
    kind: KindId,
    live: &Object,
    said: &Object,
    links: &[(&str, ForeignKeyValue)],
) -> bool {
    let record = catalog.record(kind, said);
    let kind = catalog.kind(kind);
    kind.hashed_field.is_none() && record_matches(&record, FieldScope::Entity(kind, links), said, live)
}

/// Whether the canonical form of a text is what a body says, word for word, or null if it says nothing.
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

/// What stands around a field.
#[derive(Clone, Copy)]
enum FieldScope<'a> {
    /// The entity itself, of whose foreign keys these are known.
    Entity(&'a Kind, &'a [(&'a str, ForeignKeyValue)]),
    /// A record of it: what the server makes up there is left to it, too.
    Record,
    /// A member of a list or map.
    Member,
}

fn record_matches(record: &Record, within: FieldScope<'_>, said: &Object, live: &Object) -> bool {
    if shorthand::uses_shorthand(record, said) {
        return false;
    }
    let is_nothing = |name: &str, value: &Value| {
        value.is_null() || within.is_server_managed(name) || shorthand::is_mirrored_shorthand(record, name, live)
    };
    // what stands in an object is met by name, too: nothing has to be looked for
    let (mut declared, mut shown) = (
        MemberCursor::new(said, |_, _| false),
        MemberCursor::new(live, is_nothing),
    );
    for (name, field) in record.fields.iter_by_name() {
        let (declared, shown) = (
            declared.advance_to(name),
            shown.advance_to(name).unwrap_or(&Value::Null),
        );
        let as_said = match within.foreign_key(name) {
            Some(link) => link.matches(shown),
            None => field_matches(field, within, (declared, said), shown),
        };
        if !as_said && !field.is_transient() && !within.is_server_managed(name) {
            return false;
        }
    }
    declared.rest_is_skippable() && shown.rest_is_skippable()
}

/// The members of an object, met in the order of their names.
struct MemberCursor<'a, P> {
    remaining: Peekable<Iter<'a>>,
    /// Whether one that nobody asks for may be passed.
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

    /// The member of that name. Names are to be asked for in their order.
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

    /// Whether all that nobody asked for may be passed, to the last.
    fn rest_is_skippable(self) -> bool {
        let Self {
            remaining: mut ahead,
            is_skippable: may_be_passed,
            all_skippable: all_may,
        } = self;
        all_may && ahead.all(|(name, value)| may_be_passed(name, value))
    }
}

impl<'a> FieldScope<'a> {
    fn foreign_key(self, name: &str) -> Option<&'a ForeignKeyValue> {
        let Self::Entity(_, links) = self else { return None };
        links.iter().find(|(field, _)| *field == name).map(|(_, link)| link)
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
    within: FieldScope<'_>,
    (declared, said): (Option<&Value>, &Object),
    shown: &Value,
) -> bool {
    let made_up = field.is_server_generated() && !matches!(within, FieldScope::Member);
    match declared {
        Some(Value::Null) => made_up || shown.is_null(),
        Some(declared) => value_matches(field, within, declared, shown),
        None if made_up => true,
        None => match (default_for(field, said), &field.field_type, shown) {
            (Some(default), ..) => value_matches(field, within, default, shown),
            (None, FieldType::Record(record), Value::Object(shown)) if field.required => {
                record_matches(record, within.nested(), &Object::new(), shown)
            }
            (None, FieldType::Record(_), _) if field.required => false,
            (None, ..) => shown.is_null(),
        },
    }
}

fn value_matches(field: &Field, within: FieldScope<'_>, said: &Value, shown: &Value) -> bool {
    match (&field.field_type, said, shown) {
        (FieldType::Record(record), Value::Object(said), Value::Object(shown)) => {
            record_matches(record, within.nested(), said, shown)
        }
        (FieldType::Array(inner) | FieldType::Set(inner), Value::Array(said), Value::Array(shown)) => {
            let mut members = said.iter().zip(shown);
            said.len() == shown.len()
                && members.all(|(said, shown)| value_matches(inner, FieldScope::Member, said, shown))
        }
        (FieldType::Map { values, .. }, Value::Object(said), Value::Object(shown)) => {
            let is_member_same = |(name, said): (&str, &Value)| {
                let shown = shown.get(name);
                shown.is_some_and(|shown| value_matches(values, FieldScope::Member, said, shown))
            };
            said.len() == shown.len() && said.iter().all(is_member_same)
        }
        (FieldType::String, Value::String(said), Value::String(shown)) => {
            said == shown || field.is_compared_as_pem() && trimmed_lines(said).eq(trimmed_lines(shown))
        }
        (_, Value::Number(said), Value::Number(shown)) => said == shown || said.as_f64() == shown.as_f64(),
        _ => said == shown,
    }
}
