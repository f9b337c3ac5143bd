use std::borrow::Cow;
use std::collections::HashSet;

use super::shorthand::{self, ConflictPolicy};
use super::{Field, FieldPath, FieldType, Record, SchemaViolations, address, pem};
use json::{Number, Object, PathStep, Value};

/// Brings a body to the form in which it is stored, or in which it is compared.
pub(super) struct BodyNormalizer<'a> {
    form: NormalForm,
    path: Vec<PathStep<'a>>,
    /// What is wrong with the body.
    pub violations: SchemaViolations,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NormalForm {
    /// As Kong stores it: every field present, null where it has no value; server-generated ones left out.
    Stored,
    /// As it was sent, without shorthands.
    Expanded,
    /// As checks see it: without shorthands, with defaults; texts as they were sent.
    Checked,
    /// As it is compared: every field present, sets sorted, texts normalized. Members of maps, and fields that no schema
    /// knows, are left out if null.
    Canonical,
}

impl<'a> BodyNormalizer<'a> {
    pub fn new(form: NormalForm) -> Self {
        Self {
            form,
            path: Vec::new(),
            violations: SchemaViolations::default(),
        }
    }

    /// The body with the record's fields normalized; unknown fields are kept.
    pub(crate) fn normalize_record(&mut self, record: &'a Record, body: &Object) -> Object {
        let body = self.expand_shorthands(record, body);
        let mut filled = Object::new();
        let mut known = 0;
        for (name, field) in &record.fields {
            let given = body.get(name);
            known += usize::from(given.is_some());
            let value = match given {
                Some(Value::Null) => Value::Null,
                Some(Value::Array(none)) if none.is_empty() && self.is_nothing_if_empty(field) => Value::Null,
                Some(value) => self.normalize_at(PathStep::Name(name), field, value),
                None => self.default_value(name, field, &body),
            };
            let kept = match self.form {
                NormalForm::Stored => given.is_some() || !(field.auto || field.is_transient()),
                NormalForm::Expanded | NormalForm::Checked => given.is_some(),
                NormalForm::Canonical => !field.is_transient(),
            };
            if kept || !value.is_null() {
                filled.insert(name.clone(), value);
            }
        }
        if known < body.len() {
            for (name, value) in body.iter().filter(|(name, _)| record.get(name).is_none()) {
                self.keep_unknown(name, value, &mut filled);
            }
        }
        filled
    }

    /// Whether an empty list is the same as none, where bodies are compared.
    fn is_nothing_if_empty(&self, field: &Field) -> bool {
        self.form == NormalForm::Canonical && field.rules.contains_key("empty_is_none")
    }

    fn expand_shorthands<'b>(&mut self, record: &Record, body: &'b Object) -> Cow<'b, Object> {
        if !shorthand::uses_shorthand(record, body) {
            return Cow::Borrowed(body);
        }
        let conflict = match self.form {
            NormalForm::Stored | NormalForm::Expanded | NormalForm::Checked => ConflictPolicy::Reject,
            NormalForm::Canonical => ConflictPolicy::PreferSuccessor,
        };
        let (plain, wrong) = shorthand::expand_level(record, body, conflict);
        for (name, message) in wrong {
            self.violations
                .insert(&FieldPath::from_steps(&self.path).with_name(&name), message);
        }
        Cow::Owned(plain)
    }

    /// The value of an absent field: its default; of a required record, its fields' defaults.
    fn default_value(&mut self, name: &'a str, field: &'a Field, body: &Object) -> Value {
        match (default_for(field, body), &field.field_type) {
            _ if self.form == NormalForm::Expanded => Value::Null,
            (Some(default), _) => self.normalize_at(PathStep::Name(name), field, default),
            (None, FieldType::Record(record)) if field.required => {
                Value::Object(self.normalize_record(record, &Object::new()))
            }
            (None, _) => Value::Null,
        }
    }

    fn normalize_at(&mut self, step: PathStep<'a>, field: &'a Field, value: &Value) -> Value {
        self.path.push(step);
        let filled = self.normalize_value(field, value);
        self.path.pop();
        filled
    }

    fn normalize_value(&mut self, field: &'a Field, value: &Value) -> Value {
        match (&field.field_type, value) {
            (FieldType::Record(record), Value::Object(body)) => Value::Object(self.normalize_record(record, body)),
            (FieldType::Array(inner), Value::Array(members)) => Value::Array(self.normalize_members(inner, members)),
            (FieldType::Set(inner), Value::Array(members)) => {
                let members = self.normalize_members(inner, members);
                Value::Array(self.normalize_set(members))
            }
            (FieldType::Map { values, .. }, Value::Object(members)) => {
                let is_canonical = self.form == NormalForm::Canonical;
                let kept = members.iter().filter(|(_, value)| !is_canonical || !value.is_null());
                Value::Object(
                    kept.map(|(name, value)| (name, self.normalize_value(values, value)))
                        .collect(),
                )
            }
            (FieldType::Record(record), Value::Array(none)) if self.form == NormalForm::Checked && none.is_empty() => {
                Value::Object(self.normalize_record(record, &Object::new()))
            }
            _ if self.form == NormalForm::Expanded || self.form == NormalForm::Checked => value.clone(),
            (FieldType::Abstract, _) if self.form == NormalForm::Canonical => strip_nulls(value),
            (FieldType::Foreign(_), Value::Object(body)) => match body.get("id") {
                Some(id) => Value::Object(Object::from_iter([("id".to_owned(), id.clone())])),
                None => value.clone(),
            },
            (_, Value::String(text)) => Value::String(self.normalize_text(field, text)),
            (_, Value::Number(number)) => Value::Number(normalize_number(number)),
            _ => value.clone(),
        }
    }

    fn normalize_members(&mut self, field: &'a Field, members: &[Value]) -> Vec<Value> {
        let numbered = members.iter().enumerate();
        numbered
            .map(|(index, member)| self.normalize_at(PathStep::Index(index), field, member))
            .collect()
    }

    fn normalize_text(&self, field: &Field, text: &str) -> String {
        if self.form == NormalForm::Canonical {
            return canonical_text(field, text).into_owned();
        }
        stored_text(field, text).into_owned()
    }

    /// Members of a set without repetitions, in the order given, or sorted to be compared.
    fn normalize_set(&self, mut members: Vec<Value>) -> Vec<Value> {
        if self.form == NormalForm::Expanded {
            return members;
        }
        if self.form == NormalForm::Canonical {
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

    fn keep_unknown(&self, name: &str, value: &Value, filled: &mut Object) {
        match self.form {
            NormalForm::Stored | NormalForm::Expanded | NormalForm::Checked => {
                drop(filled.insert(name.to_owned(), value.clone()))
            }
            NormalForm::Canonical if value.is_null() => {}
            NormalForm::Canonical => drop(filled.insert(name.to_owned(), strip_nulls(value))),
        }
    }
}

/// A text as the server stores it.
fn stored_text<'t>(field: &Field, text: &'t str) -> Cow<'t, str> {
    if field.rules.get("stored").and_then(Value::as_str) != Some("address") {
        return Cow::Borrowed(text);
    }
    let port = field.rules.get("default_port").and_then(Value::as_u64);
    Cow::Owned(address::normalize_address(text, port.unwrap_or_default()))
}

/// A text of a field in the form in which two that mean the same are equal.
pub fn canonical_text<'t>(field: &Field, text: &'t str) -> Cow<'t, str> {
    if field.is_compared_as_pem() {
        return Cow::Owned(pem::normalize_pem(text).unwrap_or_else(|| normalize_line_ends(text)));
    }
    stored_text(field, text)
}

/// The default of a field that is absent in a body.
pub(super) fn default_for<'a>(field: &'a Field, body: &Object) -> Option<&'a Value> {
    conditional_default(field, body)
        .or(field.default.as_ref())
        .filter(|default| !default.is_null())
}

/// `default_if: {field: F, within: [V, …], default: D}`: the default where every member of the list F is one of those.
fn conditional_default<'a>(field: &'a Field, body: &Object) -> Option<&'a Value> {
    let rule = field.rules.get("default_if")?;
    let members = body.get(rule.get("field")?.as_str()?)?.as_array()?;
    let within = rule.get("within")?.as_array()?;
    let holds = !members.is_empty() && members.iter().all(|member| within.contains(member));
    holds.then(|| rule.get("default")).flatten()
}

/// A number that is whole is the same however it is written: Kong knows no difference between 5 and 5.0.
fn normalize_number(number: &Number) -> Number {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => Number::from(float as i64),
        _ => number.clone(),
    }
}

/// The lines of a text, however they are ended.
pub(super) fn trimmed_lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim().lines().map(str::trim_end)
}

/// A text of lines, each ended alike, the last one too; a text of one line is no text of lines.
fn normalize_line_ends(text: &str) -> String {
    let mut lines: Vec<&str> = trimmed_lines(text).collect();
    if lines.len() > 1 {
        lines.push("");
    }
    lines.join("\n")
}

fn strip_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, strip_nulls(value)))
                .collect(),
        ),
        Value::Array(members) => Value::Array(members.iter().map(strip_nulls).collect()),
        Value::Number(number) => Value::Number(normalize_number(number)),
        _ => value.clone(),
    }
}
