use std::cmp::Ordering;
use std::iter::Peekable;

use json::Value;
use json::{Iter, Object};

use super::fill::{default, lines};
use super::shorthand;
use super::{Catalog, Field, FieldType, Held, Kind, KindId, Record};

/// Whether an entity as the server shows it is what a document says (its foreign keys found), as far as it says
/// anything: told field by field, and nothing is copied.
///
/// A yes is certain: then the canonical forms do not differ in anything that a document can say. A no may be wrong
/// (sets in another order, shorthands, hashed fields): then the canonical forms have to be compared.
pub fn shows(catalog: &Catalog, kind: KindId, live: &Object, said: &Object, links: &[(&str, Held)]) -> bool {
    let record = catalog.record(kind, said);
    let kind = catalog.kind(kind);
    kind.hashed.is_none() && is_shown(&record, Within::Entity(kind, links), said, live)
}

/// Whether the canonical form of a text is what a body says, word for word, or null if it says nothing.
pub fn says_as_compared(record: &Record, body: &Object, name: &str) -> bool {
    let Some(field) = record.get(name) else {
        return !body.contains_key(name);
    };
    let is_plain = matches!(field.kind, FieldType::String | FieldType::Foreign(_))
        && field.default.as_ref().is_none_or(Value::is_null);
    is_plain
        && !matches!(
            body.get(name),
            Some(Value::Object(_) | Value::Array(_) | Value::Number(_))
        )
        && !["stored", "compared", "default_if"]
            .iter()
            .any(|rule| field.rules.contains_key(rule))
        && !shorthand::used(record, body)
}

/// What stands around a field.
#[derive(Clone, Copy)]
enum Within<'a> {
    /// The entity itself, of whose foreign keys these are known.
    Entity(&'a Kind, &'a [(&'a str, Held)]),
    /// A record of it: what the server makes up there is left to it, too.
    Record,
    /// A member of a list or map.
    Member,
}

fn is_shown(record: &Record, within: Within<'_>, said: &Object, live: &Object) -> bool {
    if shorthand::used(record, said) {
        return false;
    }
    let is_nothing = |name: &str, value: &Value| {
        value.is_null() || within.leaves_to_server(name) || shorthand::is_mirrored(record, name, live)
    };
    // what stands in an object is met by name, too: nothing has to be looked for
    let (mut declared, mut shown) = (Members::of(said, |_, _| false), Members::of(live, is_nothing));
    for (name, field) in record.fields.by_name() {
        let (declared, shown) = (declared.up_to(name), shown.up_to(name).unwrap_or(&Value::Null));
        let as_said = match within.link(name) {
            Some(link) => link.is(shown),
            None => is_field_shown(field, within, (declared, said), shown),
        };
        if !as_said && !field.transient() && !within.leaves_to_server(name) {
            return false;
        }
    }
    declared.may_all_be_passed() && shown.may_all_be_passed()
}

/// The members of an object, met in the order of their names.
struct Members<'a, P> {
    ahead: Peekable<Iter<'a>>,
    /// Whether one that nobody asks for may be passed.
    may_be_passed: P,
    all_may: bool,
}

impl<'a, P: Fn(&str, &Value) -> bool> Members<'a, P> {
    fn of(object: &'a Object, may_be_passed: P) -> Self {
        Self {
            ahead: object.iter().peekable(),
            may_be_passed,
            all_may: true,
        }
    }

    /// The member of that name. Names are to be asked for in their order.
    fn up_to(&mut self, name: &str) -> Option<&'a Value> {
        while let Some((known, value)) = self.ahead.peek().copied() {
            let order = known.cmp(name);
            if order == Ordering::Greater {
                return None;
            }
            self.ahead.next();
            if order == Ordering::Equal {
                return Some(value);
            }
            self.all_may &= (self.may_be_passed)(known, value);
        }
        None
    }

    /// Whether all that nobody asked for may be passed, to the last.
    fn may_all_be_passed(self) -> bool {
        let Self {
            mut ahead,
            may_be_passed,
            all_may,
        } = self;
        all_may && ahead.all(|(name, value)| may_be_passed(name, value))
    }
}

impl<'a> Within<'a> {
    fn link(self, name: &str) -> Option<&'a Held> {
        let Self::Entity(_, links) = self else { return None };
        links.iter().find(|(field, _)| *field == name).map(|(_, link)| link)
    }

    fn leaves_to_server(self, name: &str) -> bool {
        matches!(self, Self::Entity(kind, _) if kind.is_servers(name) || kind.expires.as_deref() == Some(name))
    }

    fn inner(self) -> Self {
        match self {
            Self::Entity(..) | Self::Record => Self::Record,
            Self::Member => Self::Member,
        }
    }
}

fn is_field_shown(
    field: &Field,
    within: Within<'_>,
    (declared, said): (Option<&Value>, &Object),
    shown: &Value,
) -> bool {
    let made_up = field.is_made_up() && !matches!(within, Within::Member);
    match declared {
        Some(Value::Null) => made_up || shown.is_null(),
        Some(declared) => is_same(field, within, declared, shown),
        None if made_up => true,
        None => match (default(field, said), &field.kind, shown) {
            (Some(default), ..) => is_same(field, within, default, shown),
            (None, FieldType::Record(record), Value::Object(shown)) if field.required => {
                is_shown(record, within.inner(), &Object::new(), shown)
            }
            (None, FieldType::Record(_), _) if field.required => false,
            (None, ..) => shown.is_null(),
        },
    }
}

fn is_same(field: &Field, within: Within<'_>, said: &Value, shown: &Value) -> bool {
    match (&field.kind, said, shown) {
        (FieldType::Record(record), Value::Object(said), Value::Object(shown)) => {
            is_shown(record, within.inner(), said, shown)
        }
        (FieldType::Array(inner) | FieldType::Set(inner), Value::Array(said), Value::Array(shown)) => {
            let mut members = said.iter().zip(shown);
            said.len() == shown.len() && members.all(|(said, shown)| is_same(inner, Within::Member, said, shown))
        }
        (FieldType::Map { values, .. }, Value::Object(said), Value::Object(shown)) => {
            let is_member_same = |(name, said): (&str, &Value)| {
                let shown = shown.get(name);
                shown.is_some_and(|shown| is_same(values, Within::Member, said, shown))
            };
            said.len() == shown.len() && said.iter().all(is_member_same)
        }
        (FieldType::String, Value::String(said), Value::String(shown)) => {
            said == shown || field.is_of_lines() && lines(said).eq(lines(shown))
        }
        (_, Value::Number(said), Value::Number(shown)) => said == shown || said.as_f64() == shown.as_f64(),
        _ => said == shown,
    }
}
