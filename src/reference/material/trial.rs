//! The checks that Kong skips where a field holds a reference, made with what the references resolve to.

use zeroize::Zeroizing;

use super::told::{self, Told};
use super::{Flaw, Put};
use crate::Holder;
use crate::subkey::Wiped;
use json::{Object, Value};
use schema::{self, Catalog, FieldPath, FieldType, Purpose, Record, Segment};

/// What a check says of a field; it may hold values.
type Violation = (FieldPath, Zeroizing<String>);

/// An entity with references and what they resolve to on a data plane.
pub(super) struct Trial<'a> {
    pub catalog: &'a Catalog,
    pub holder: &'a Holder<'a>,
    pub record: &'a Record,
    pub values: &'a [Put<'a>],
    /// Where all of its references stand, those of which nothing is known, too.
    pub uses: &'a [FieldPath],
    pub now: i64,
}

impl<'a> Trial<'a> {
    /// The entity with values in the places of their references, those of which that is said. It is wiped when dropped.
    pub fn filled(&self, wanted: impl Fn(usize) -> bool) -> Wiped {
        let mut body = Value::Object(self.holder.body.clone());
        self.put(&mut body, &mut FieldPath::default(), &wanted);
        Wiped::of(body)
    }

    /// What Kong's own checks say of the values and did not say of the references. A check of which a member is not known
    /// is left out, as Kong leaves it out.
    pub fn refused(&self, filled: &Wiped) -> Vec<Flaw> {
        let Some(filled) = filled.value().as_object() else {
            return Vec::new();
        };
        let found = self.violations(filled);
        if found.is_empty() {
            return Vec::new();
        }
        let before = self.violations(self.holder.body);
        let news = found.iter().filter(|violation| !before.contains(violation));
        news.filter_map(|violation| self.flaw(violation)).collect()
    }

    fn flaw(&self, violation: &Violation) -> Option<Flaw> {
        let (path, message) = violation;
        let put = self.whose(path).or_else(|| self.guilty(violation))?;
        let text = put.value.text().unwrap_or_default();
        let repeats = |put: &Put<'_>| {
            put.value
                .text()
                .is_some_and(|text| !text.is_empty() && message.contains(text))
        };
        told::flaw(&Told {
            record: self.record,
            own: &put.path,
            is_empty: text.is_empty(),
            is_certificate: text.contains("-----BEGIN CERTIFICATE-----"),
            path,
            message,
            repeats: self.values.iter().any(repeats),
        })
    }

    /// The value that is wrong by itself.
    fn whose(&self, path: &FieldPath) -> Option<&Put<'a>> {
        self.values
            .iter()
            .find(|put| told::is_about(self.record, &put.path, path))
    }

    /// The value, of those that go wrong together, that is told of: the last without which it does not go wrong.
    fn guilty(&self, violation: &Violation) -> Option<&Put<'a>> {
        let is_gone = |left_out: usize| {
            let rest = self.filled(|at| at != left_out);
            let found = rest.value().as_object().map(|rest| self.violations(rest));
            !found.unwrap_or_default().contains(violation)
        };
        let guilty = (0..self.values.len()).rev().find(|at| is_gone(*at));
        self.values.get(guilty.or(self.values.len().checked_sub(1))?)
    }

    fn violations(&self, body: &Object) -> Vec<Violation> {
        match schema::check(self.catalog, self.holder.kind, body, Purpose::Resolved, self.now) {
            Ok(()) => Vec::new(),
            Err(mut violations) => {
                let found = violations.flatten().into_iter();
                let found = found.map(|(path, message)| (path, Zeroizing::new(message))).collect();
                violations.0.values_mut().for_each(schema::wipe);
                found
            }
        }
    }

    /// Puts values in the places of their references. The same reference where none is used is the other spelling of a
    /// field that has one.
    fn put(&self, value: &mut Value, at: &mut FieldPath, wanted: &dyn Fn(usize) -> bool) {
        match value {
            Value::String(held) => {
                let here = self.values.iter().position(|put| put.path == *at);
                let twin = || self.values.iter().position(|put| put.text == *held);
                let twin = || twin().filter(|_| !self.uses.contains(at));
                let found = here.or_else(twin).filter(|found| wanted(*found));
                if let Some(text) = found.and_then(|found| self.values[found].value.text()) {
                    *value = self.typed(at, text);
                }
            }
            Value::Array(members) => {
                for (index, member) in members.iter_mut().enumerate() {
                    at.0.push(Segment::Index(index));
                    self.put(member, at, wanted);
                    at.0.pop();
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    at.0.push(Segment::Name(name.to_owned()));
                    self.put(member, at, wanted);
                    at.0.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A number where the field is one: newer gateways take references for ports.
    fn typed(&self, at: &FieldPath, text: &str) -> Value {
        let number = match self.record.field_at(at).map(|field| &field.kind) {
            Some(FieldType::Integer | FieldType::Number) => text.parse::<i64>().ok(),
            _ => None,
        };
        number.map_or_else(|| Value::from(text), Value::from)
    }
}
