//! The checks that Kong skips where a field holds a reference, made with what the references resolve to.

use zeroize::Zeroizing;

use super::messages::{self, CheckMessage};
use super::{FieldIssue, ResolvedField};
use crate::EntityView;
use crate::subkey::ZeroizingValue;
use json::{Object, Value};
use schema::{self, Catalog, CheckPurpose, FieldPath, FieldType, PathSegment, Record};

/// What a check says of a field; it may hold values.
type FieldViolation = (FieldPath, Zeroizing<String>);

/// An entity with references and what they resolve to on a data plane.
pub(super) struct ResolvedEntity<'a> {
    pub catalog: &'a Catalog,
    pub entity: &'a EntityView<'a>,
    pub record: &'a Record,
    pub values: &'a [ResolvedField<'a>],
    /// Where all of its references stand, those of which nothing is known, too.
    pub reference_paths: &'a [FieldPath],
    pub now: i64,
}

impl<'a> ResolvedEntity<'a> {
    /// The entity with values in the places of their references, those of which that is said. It is wiped when dropped.
    pub fn substitute(&self, wanted: impl Fn(usize) -> bool) -> ZeroizingValue {
        let mut body = Value::Object(self.entity.body.clone());
        self.substitute_into(&mut body, &mut FieldPath::default(), &wanted);
        ZeroizingValue::new(body)
    }

    /// What Kong's own checks say of the values and did not say of the references. A check of which a member is not known
    /// is left out, as Kong leaves it out.
    pub fn find_issues(&self, filled: &ZeroizingValue) -> Vec<FieldIssue> {
        let Some(filled) = filled.value().as_object() else {
            return Vec::new();
        };
        let found = self.check_body(filled);
        if found.is_empty() {
            return Vec::new();
        }
        let before = self.check_body(self.entity.body);
        let news = found.iter().filter(|violation| !before.contains(violation));
        news.filter_map(|violation| self.violation_issue(violation)).collect()
    }

    fn violation_issue(&self, violation: &FieldViolation) -> Option<FieldIssue> {
        let (path, message) = violation;
        let put = self.field_of_path(path).or_else(|| self.blamed_field(violation))?;
        let text = put.value.text().unwrap_or_default();
        let repeats = |put: &ResolvedField<'_>| {
            put.value
                .text()
                .is_some_and(|text| !text.is_empty() && message.contains(text))
        };
        messages::translate_message(&CheckMessage {
            record: self.record,
            value_path: &put.path,
            is_empty: text.is_empty(),
            is_certificate: text.contains("-----BEGIN CERTIFICATE-----"),
            check_path: path,
            message,
            contains_value: self.values.iter().any(repeats),
        })
    }

    /// The value that is wrong by itself.
    fn field_of_path(&self, path: &FieldPath) -> Option<&ResolvedField<'a>> {
        self.values
            .iter()
            .find(|put| messages::is_about(self.record, &put.path, path))
    }

    /// The value, of those that go wrong together, that is told of: the last without which it does not go wrong.
    fn blamed_field(&self, violation: &FieldViolation) -> Option<&ResolvedField<'a>> {
        let is_gone = |left_out: usize| {
            let rest = self.substitute(|at| at != left_out);
            let found = rest.value().as_object().map(|rest| self.check_body(rest));
            !found.unwrap_or_default().contains(violation)
        };
        let guilty = (0..self.values.len()).rev().find(|at| is_gone(*at));
        self.values.get(guilty.or(self.values.len().checked_sub(1))?)
    }

    fn check_body(&self, body: &Object) -> Vec<FieldViolation> {
        match schema::check_body(
            self.catalog,
            self.entity.kind,
            body,
            CheckPurpose::ResolvedReferences,
            self.now,
        ) {
            Ok(()) => Vec::new(),
            Err(mut violations) => {
                let found = violations.flatten().into_iter();
                let found = found.map(|(path, message)| (path, Zeroizing::new(message))).collect();
                violations.0.values_mut().for_each(schema::zeroize_value);
                found
            }
        }
    }

    /// Puts values in the places of their references. The same reference where none is used is the other spelling of a
    /// field that has one.
    fn substitute_into(&self, value: &mut Value, at: &mut FieldPath, wanted: &dyn Fn(usize) -> bool) {
        match value {
            Value::String(held) => {
                let here = self.values.iter().position(|put| put.path == *at);
                let twin = || self.values.iter().position(|put| put.text == *held);
                let twin = || twin().filter(|_| !self.reference_paths.contains(at));
                let found = here.or_else(twin).filter(|found| wanted(*found));
                if let Some(text) = found.and_then(|found| self.values[found].value.text()) {
                    *value = self.typed_value(at, text);
                }
            }
            Value::Array(members) => {
                for (index, member) in members.iter_mut().enumerate() {
                    at.0.push(PathSegment::Index(index));
                    self.substitute_into(member, at, wanted);
                    at.0.pop();
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    at.0.push(PathSegment::Name(name.to_owned()));
                    self.substitute_into(member, at, wanted);
                    at.0.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A number where the field is one: newer gateways take references for ports.
    fn typed_value(&self, at: &FieldPath, text: &str) -> Value {
        let number = match self.record.field_at(at).map(|field| &field.field_type) {
            Some(FieldType::Integer | FieldType::Number) => text.parse::<i64>().ok(),
            _ => None,
        };
        number.map_or_else(|| Value::from(text), Value::from)
    }
}
