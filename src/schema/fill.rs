use std::borrow::Cow;
use std::collections::HashSet;

use super::path::Step;
use super::shorthand::{self, Conflict};
use super::{Field, FieldPath, FieldType, Record, Violations, address};
use json::{Number, Object, Value};

/// Brings a body to the form in which it is stored, or in which it is compared.
pub(super) struct Fill<'a> {
    form: Form,
    at: Vec<Step<'a>>,
    /// What is found wrong on the way.
    pub wrong: Violations,
}

/// Which form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As Kong stores it: every field stands there, null where nothing is said; what the server makes up is left out.
    Stored,
    /// As it was sent, without shorthands.
    Translated,
    /// As its rules look at it: without shorthands, with defaults; texts as they were sent.
    Checked,
    /// As it is compared: every field stands there, sets are sorted, and texts that mean the same are the same. Members
    /// of maps, and what no schema knows, are left out if null.
    Compared,
}

impl<'a> Fill<'a> {
    pub fn new(form: Form) -> Self {
        Self {
            form,
            at: Vec::new(),
            wrong: Violations::default(),
        }
    }

    /// The record's fields of a body, filled in; what the record does not know stays.
    pub fn record(&mut self, record: &'a Record, body: &Object) -> Object {
        let body = self.plain(record, body);
        let mut filled = Object::new();
        let mut known = 0;
        for (name, field) in &record.fields {
            let given = body.get(name);
            known += usize::from(given.is_some());
            let value = match given {
                Some(Value::Null) => Value::Null,
                Some(value) => self.inner(Step::Name(name), field, value),
                None => self.absent(name, field, &body),
            };
            let kept = match self.form {
                Form::Stored => given.is_some() || !(field.auto || field.transient()),
                Form::Translated | Form::Checked => given.is_some(),
                Form::Compared => !field.transient(),
            };
            if kept || !value.is_null() {
                filled.insert(name.clone(), value);
            }
        }
        if known < body.len() {
            for (name, value) in body.iter().filter(|(name, _)| record.get(name).is_none()) {
                self.unknown(name, value, &mut filled);
            }
        }
        filled
    }

    fn plain<'b>(&mut self, record: &Record, body: &'b Object) -> Cow<'b, Object> {
        if !shorthand::used(record, body) {
            return Cow::Borrowed(body);
        }
        let conflict = match self.form {
            Form::Stored | Form::Translated | Form::Checked => Conflict::Refused,
            Form::Compared => Conflict::Settled,
        };
        let (plain, wrong) = shorthand::translated(record, body, conflict);
        for (name, message) in wrong {
            self.wrong.insert(&FieldPath::of(&self.at).name(&name), message);
        }
        Cow::Owned(plain)
    }

    /// What stands where nothing is said: the default; of a required record its own fields' defaults.
    fn absent(&mut self, name: &'a str, field: &'a Field, body: &Object) -> Value {
        match (default(field, body), &field.kind) {
            _ if self.form == Form::Translated => Value::Null,
            (Some(default), _) => self.inner(Step::Name(name), field, default),
            (None, FieldType::Record(record)) if field.required => Value::Object(self.record(record, &Object::new())),
            (None, _) => Value::Null,
        }
    }

    fn inner(&mut self, step: Step<'a>, field: &'a Field, value: &Value) -> Value {
        self.at.push(step);
        let filled = self.value(field, value);
        self.at.pop();
        filled
    }

    fn value(&mut self, field: &'a Field, value: &Value) -> Value {
        match (&field.kind, value) {
            (FieldType::Record(record), Value::Object(body)) => Value::Object(self.record(record, body)),
            (FieldType::Array(inner), Value::Array(members)) => Value::Array(self.members(inner, members)),
            (FieldType::Set(inner), Value::Array(members)) => {
                let members = self.members(inner, members);
                Value::Array(self.set(members))
            }
            (FieldType::Map { values, .. }, Value::Object(members)) => {
                let compared = self.form == Form::Compared;
                let said = members.iter().filter(|(_, value)| !compared || !value.is_null());
                Value::Object(said.map(|(name, value)| (name, self.value(values, value))).collect())
            }
            (FieldType::Record(record), Value::Array(none)) if self.form == Form::Checked && none.is_empty() => {
                Value::Object(self.record(record, &Object::new()))
            }
            _ if self.form == Form::Translated || self.form == Form::Checked => value.clone(),
            (FieldType::Abstract, _) if self.form == Form::Compared => without_nulls(value),
            (FieldType::Foreign(_), Value::Object(body)) => match body.get("id") {
                Some(id) => Value::Object(Object::from_iter([("id".to_owned(), id.clone())])),
                None => value.clone(),
            },
            (_, Value::String(text)) => Value::String(self.text(field, text)),
            (_, Value::Number(number)) => Value::Number(whole(number)),
            _ => value.clone(),
        }
    }

    fn members(&mut self, field: &'a Field, members: &[Value]) -> Vec<Value> {
        let numbered = members.iter().enumerate();
        numbered
            .map(|(index, member)| self.inner(Step::Index(index), field, member))
            .collect()
    }

    fn text(&self, field: &Field, text: &str) -> String {
        let rule = |name: &str| field.rules.get(name).and_then(Value::as_str);
        if rule("stored") == Some("address") {
            let port = field.rules.get("default_port").and_then(Value::as_u64);
            return address::in_full(text, port.unwrap_or_default());
        }
        if self.form == Form::Compared && field.is_of_lines() {
            return in_lines(text);
        }
        text.to_owned()
    }

    /// Members of a set without repetitions, in the order given, or sorted to be compared.
    fn set(&self, mut members: Vec<Value>) -> Vec<Value> {
        if self.form == Form::Translated {
            return members;
        }
        if self.form == Form::Compared {
            members.sort_by(|a, b| match (a, b) {
                (Value::String(a), Value::String(b)) => a.cmp(b),
                _ => a.to_string().cmp(&b.to_string()),
            });
            members.dedup();
        } else {
            let mut seen = HashSet::new();
            members.retain(|member| seen.insert(member.to_string()));
        }
        members
    }

    fn unknown(&self, name: &str, value: &Value, filled: &mut Object) {
        match self.form {
            Form::Stored | Form::Translated | Form::Checked => drop(filled.insert(name.to_owned(), value.clone())),
            Form::Compared if value.is_null() => {}
            Form::Compared => drop(filled.insert(name.to_owned(), without_nulls(value))),
        }
    }
}

/// What stands in a field where a body says nothing.
pub(super) fn default<'a>(field: &'a Field, body: &Object) -> Option<&'a Value> {
    conditional(field, body)
        .or(field.default.as_ref())
        .filter(|default| !default.is_null())
}

/// `default_if: {field: F, within: [V, …], default: D}`: the default where every member of the list F is one of those.
fn conditional<'a>(field: &'a Field, body: &Object) -> Option<&'a Value> {
    let rule = field.rules.get("default_if")?;
    let members = body.get(rule.get("field")?.as_str()?)?.as_array()?;
    let within = rule.get("within")?.as_array()?;
    let holds = !members.is_empty() && members.iter().all(|member| within.contains(member));
    holds.then(|| rule.get("default")).flatten()
}

/// A number that is whole is the same however it is written: Kong knows no difference between 5 and 5.0.
fn whole(number: &Number) -> Number {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => Number::from(float as i64),
        _ => number.clone(),
    }
}

/// The lines of a text, however they are ended.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim().lines().map(str::trim_end)
}

/// A text of lines, each ended alike, the last one too; a text of one line is no text of lines.
fn in_lines(text: &str) -> String {
    let mut lines: Vec<&str> = lines(text).collect();
    if lines.len() > 1 {
        lines.push("");
    }
    lines.join("\n")
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nulls(value)))
                .collect(),
        ),
        Value::Array(members) => Value::Array(members.iter().map(without_nulls).collect()),
        Value::Number(number) => Value::Number(whole(number)),
        _ => value.clone(),
    }
}
