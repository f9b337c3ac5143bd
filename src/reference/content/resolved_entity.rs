use zeroize::Zeroizing;

use super::messages::{self, CheckMessage};
use super::{FieldIssue, ResolvedField};
use crate::EntityView;
use crate::subkey::ZeroizingValue;
use crate::texts::for_each_text;
use json::{Object, Value};
use schema::{self, Catalog, CheckPurpose, FieldPath, FieldType, Record};

/// A field and the message of a check, which may hold values.
type FieldViolation = (FieldPath, Zeroizing<String>);

/// An entity with references and what they resolve to on a data plane.
pub(super) struct ResolvedEntity<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) entity: &'a EntityView<'a>,
    pub(super) record: &'a Record,
    pub(super) values: &'a [ResolvedField<'a>],
    /// The fields of all its references, those without a value, too.
    pub(super) reference_paths: &'a [FieldPath],
    pub(super) now: i64,
}

impl<'a> ResolvedEntity<'a> {
    /// The body with the selected values, by their indexes, in the places of their references. The same reference in a field
    /// that is none of its own is another spelling of one that is (a shorthand). The body is wiped when dropped.
    pub(super) fn substitute(&self, is_selected: impl Fn(usize) -> bool) -> ZeroizingValue {
        let mut replacements: Vec<(FieldPath, &str)> = Vec::new();
        let mut body = Value::Object(self.entity.body.clone());
        for_each_text(&body, &mut FieldPath::default(), &mut |path, text| {
            let own = self.values.iter().position(|field| field.path == *path);
            let other_spelling = || {
                let same = self.values.iter().position(|field| field.text == text);
                same.filter(|_| !self.reference_paths.contains(path))
            };
            let found = own.or_else(other_spelling).filter(|index| is_selected(*index));
            if let Some(value) = found.and_then(|index| self.values[index].value.text()) {
                replacements.push((path.clone(), value));
            }
        });
        for (path, value) in replacements {
            if let Some(place) = body.as_object_mut().and_then(|body| path.value_in_mut(body)) {
                *place = self.typed_value(&path, value);
            }
        }
        ZeroizingValue::new(body)
    }

    /// What Kong's own checks say of the values and did not say of the references. A check with a field whose value is not
    /// known is skipped, as Kong skips it.
    pub(super) fn find_issues(&self, body: &ZeroizingValue) -> Vec<FieldIssue> {
        let Some(body) = body.value().as_object() else {
            return Vec::new();
        };
        let violations = self.check_body(body);
        if violations.is_empty() {
            return Vec::new();
        }
        let before = self.check_body(self.entity.body);
        let new = violations.iter().filter(|violation| !before.contains(violation));
        new.flat_map(|violation| self.violation_issues(violation, &before))
            .collect()
    }

    /// Of a list or map, those members that are wrong by themselves: Kong's checks report it as a whole, and stop at the
    /// first that is wrong.
    fn violation_issues(&self, violation: &FieldViolation, before: &[FieldViolation]) -> Vec<FieldIssue> {
        let (path, _) = violation;
        let members: Vec<usize> = (0..self.values.len())
            .filter(|index| messages::is_about(self.record, &self.values[*index].path, path))
            .collect();
        let wrong: Vec<(usize, FieldViolation)> = match members.as_slice() {
            [] | [_] => Vec::new(),
            _ => members
                .iter()
                .filter_map(|index| Some((*index, self.violation_alone(*index, path, before)?)))
                .collect(),
        };
        if !wrong.is_empty() {
            let issues = wrong
                .iter()
                .filter_map(|(index, violation)| self.field_issue(&self.values[*index], violation));
            return issues.collect();
        }
        let only_member = members.first().filter(|_| members.len() == 1);
        let field = only_member
            .and_then(|index| self.values.get(*index))
            .or_else(|| self.blamed_field(violation));
        let issue = field.and_then(|field| self.field_issue(field, violation));
        issue.into_iter().collect()
    }

    /// What the checks say of a field if a single value stands in the body, and all other references stay.
    fn violation_alone(&self, index: usize, path: &FieldPath, before: &[FieldViolation]) -> Option<FieldViolation> {
        let body = self.substitute(|other| other == index);
        let mut violations = self.check_body(body.value().as_object()?).into_iter();
        violations.find(|violation| violation.0 == *path && !before.contains(violation))
    }

    fn field_issue(&self, field: &ResolvedField<'a>, (path, message): &FieldViolation) -> Option<FieldIssue> {
        let text = field.value.text().unwrap_or_default();
        let is_repeated = |field: &ResolvedField<'_>| {
            let text = field.value.text();
            text.is_some_and(|text| !text.is_empty() && message.contains(text))
        };
        messages::translate_message(&CheckMessage {
            record: self.record,
            value_path: &field.path,
            is_empty: text.is_empty(),
            is_certificate: text.contains("-----BEGIN CERTIFICATE-----"),
            check_path: path,
            message,
            contains_value: self.values.iter().any(is_repeated),
        })
    }

    /// Of several fields that do not go together, the one that is reported: the last without which there is no violation.
    fn blamed_field(&self, violation: &FieldViolation) -> Option<&ResolvedField<'a>> {
        let is_fixed_without = |left_out: usize| {
            let body = self.substitute(|index| index != left_out);
            let violations = body.value().as_object().map(|body| self.check_body(body));
            !violations.unwrap_or_default().contains(violation)
        };
        let blamed = (0..self.values.len()).rev().find(|index| is_fixed_without(*index));
        self.values.get(blamed.or(self.values.len().checked_sub(1))?)
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
                let messages = violations.flatten().into_iter();
                let messages = messages
                    .map(|(path, message)| (path, Zeroizing::new(message)))
                    .collect();
                violations.0.values_mut().for_each(schema::zeroize_value);
                messages
            }
        }
    }

    /// A number where the field is one: newer gateways take references for ports.
    fn typed_value(&self, path: &FieldPath, text: &str) -> Value {
        let number = match self.record.field_at(path).map(|field| &field.field_type) {
            Some(FieldType::Integer | FieldType::Number) => text.parse::<i64>().ok(),
            _ => None,
        };
        number.map_or_else(|| Value::from(text), Value::from)
    }
}
