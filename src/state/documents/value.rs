use std::collections::BTreeSet;

use super::problems::Problems;
use crate::{NamedPlace, Parts, Places};
use json::{Number, Value};
use schema::{Field, FieldPath, FieldType, Record};
use yaml::{Data, Diagnostic, Entry, Node, Origin, Span, Style};
use yaml::{spell_float, type_as_yaml};

/// Reads values of one entity: types them as their fields ask, and notes which are secret.
pub(super) struct Values<'a> {
    /// What is wrong.
    pub problems: &'a mut Problems,
    /// Fields whose value came from the environment.
    pub secrets: BTreeSet<FieldPath>,
    /// Those of them whose value is made up: the environment does not have it.
    pub unset: BTreeSet<FieldPath>,
}

/// What is known of the place that a value is for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'f> {
    /// Its field, if there is a schema that has it.
    pub field: Option<&'f Field>,
    /// Whether decK passes values on as YAML types them (the `config` of plugins and vaults), numbers for texts included.
    pub free: bool,
    /// Whether the value, or what encloses it, may be secret.
    pub secret: bool,
}

/// The way from an entity to a value, on the stack.
#[derive(Clone, Copy)]
pub(super) enum Trail<'t> {
    Field(&'t str),
    Name(&'t Trail<'t>, &'t str),
    Index(&'t Trail<'t>, usize),
}

impl Trail<'_> {
    fn path(&self) -> FieldPath {
        match self {
            Self::Field(name) => FieldPath::field(name),
            Self::Name(outer, name) => outer.path().name(name),
            Self::Index(outer, index) => outer.path().index(*index),
        }
    }
}

impl<'f> Wanted<'f> {
    /// What is wanted of a field of that record; without a record, anything may stand there, and may be secret.
    pub fn of(field: Option<&'f Field>, free: bool, secret: bool) -> Self {
        let secret = secret || field.is_some_and(|field| field.secret || field.referenceable);
        Self { field, free, secret }
    }

    fn within(self, field: Option<&'f Field>) -> Self {
        Self::of(field, self.free, self.secret)
    }
}

impl Values<'_> {
    /// The value of a node, and where its parts stand.
    pub fn take(&mut self, node: Node, wanted: Wanted, trail: Trail) -> (Value, Places) {
        let Node { span, data, origin } = node;
        if origin != Origin::File {
            self.secrets.insert(trail.path());
        }
        if origin == Origin::Unset {
            self.unset.insert(trail.path());
        }
        match data {
            Data::List(members) => self.list(members, span, wanted, trail),
            Data::Map(entries) => self.map(entries, span, wanted, trail),
            scalar => {
                if wanted.secret {
                    self.problems.hide(span);
                }
                (self.scalar(scalar, span, wanted), Places::scalar(span))
            }
        }
    }

    fn list(&mut self, members: Vec<Node>, span: Span, wanted: Wanted, trail: Trail) -> (Value, Places) {
        let inner = wanted.within(wanted.field.and_then(element));
        let mut values = Vec::with_capacity(members.len());
        let mut places = Vec::with_capacity(members.len());
        for (index, member) in members.into_iter().enumerate() {
            let (value, place) = self.take(member, inner, Trail::Index(&trail, index));
            values.push(value);
            places.push(place);
        }
        let parts = Parts::List(places);
        (Value::Array(values), Places { span, parts })
    }

    fn map(&mut self, entries: Vec<Entry>, span: Span, wanted: Wanted, trail: Trail) -> (Value, Places) {
        let mut values = Vec::with_capacity(entries.len());
        let mut places = Vec::with_capacity(entries.len());
        for entry in entries {
            let inner = wanted.within(wanted.field.and_then(|field| member(field, &entry.key)));
            let (value, place) = self.take(entry.value, inner, Trail::Name(&trail, &entry.key));
            places.push(NamedPlace {
                name: entry.key.clone(),
                key: entry.key_span,
                value: place,
            });
            values.push((entry.key, value));
        }
        let parts = Parts::map(places);
        (Value::Object(values.into()), Places { span, parts })
    }

    fn scalar(&mut self, data: Data, span: Span, wanted: Wanted) -> Value {
        let text_wanted = !wanted.free
            && wanted
                .field
                .is_some_and(|field| matches!(field.kind, FieldType::String));
        match data {
            Data::Bool(truth) if text_wanted => Value::String(truth.to_string()),
            Data::Number(number) if text_wanted => self.number_as_text(spelled(&number), span, wanted.secret),
            Data::String(text, Style::Template) => self.template(text, span, wanted),
            Data::Bool(truth) => Value::Bool(truth),
            Data::Number(number) => Value::Number(number),
            Data::String(text, _) => Value::String(text),
            Data::Null | Data::List(_) | Data::Map(_) => Value::Null,
        }
    }

    /// A number for a field that holds text: taken as decK takes it, and told where it then reads otherwise than it was
    /// written.
    fn number_as_text(&mut self, text: String, span: Span, secret: bool) -> Value {
        let written = span.end.saturating_sub(span.start) as usize;
        if written != text.len() && written > 0 {
            let read = if secret { String::new() } else { format!(" as '{text}'") };
            self.problems.tell(
                Diagnostic::warning(
                    "text-expected",
                    format!("text is expected here, and this number is read{read}, as decK reads it"),
                )
                .at(span)
                .help("put it in quotes"),
            );
        }
        Value::String(text)
    }

    /// The value of a template that stands without quotes: what its field asks for, or what YAML would make of it.
    fn template(&mut self, text: String, span: Span, wanted: Wanted) -> Value {
        let typed = match wanted.field.map(|field| &field.kind) {
            Some(FieldType::String | FieldType::Foreign(_) | FieldType::Function) => None,
            Some(FieldType::Integer | FieldType::Number) => as_yaml(&text).filter(Value::is_number),
            Some(FieldType::Boolean) => as_yaml(&text).filter(Value::is_boolean),
            Some(FieldType::Array(_) | FieldType::Set(_)) => return self.not_by_template("a list", LIST_HELP, span),
            Some(FieldType::Map { .. } | FieldType::Record(_) | FieldType::Abstract) => {
                return self.not_by_template("a map", MAP_HELP, span);
            }
            Some(FieldType::Json) | None => as_yaml(&text),
        };
        typed.unwrap_or(Value::String(text))
    }

    fn not_by_template(&mut self, what: &str, help: &str, span: Span) -> Value {
        self.problems.tell(
            Diagnostic::error(
                "template",
                format!("{what} is expected here, which a template cannot give"),
            )
            .at(span)
            .help(help),
        );
        Value::Null
    }
}

const LIST_HELP: &str = "write the list in the file, with a template for each member";
const MAP_HELP: &str = "write the map in the file, with a template for each value";

fn as_yaml(text: &str) -> Option<Value> {
    match type_as_yaml(text) {
        Data::Null => Some(Value::Null),
        Data::Bool(truth) => Some(Value::Bool(truth)),
        Data::Number(number) => Some(Value::Number(number)),
        _ => None,
    }
}

/// A number as decK spells it where a field holds text.
pub(super) fn spelled(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => spell_float(float),
        _ => number.to_string(),
    }
}

fn element(field: &Field) -> Option<&Field> {
    match &field.kind {
        FieldType::Array(element) | FieldType::Set(element) => Some(element),
        _ => None,
    }
}

fn member<'f>(field: &'f Field, name: &str) -> Option<&'f Field> {
    match &field.kind {
        FieldType::Record(record) => named(record, name),
        FieldType::Map { values, .. } => Some(values),
        _ => None,
    }
}

/// The field or shorthand of that name.
pub(super) fn named<'f>(record: &'f Record, name: &str) -> Option<&'f Field> {
    record.get(name).or_else(|| record.shorthand(name))
}
