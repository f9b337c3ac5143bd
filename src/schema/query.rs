use serde_json::Value;

use super::shorthand;
use super::{Catalog, Field, FieldPath, FieldType, KindId, Object, Record, Segment};

impl Record {
    /// The field at a path of names through nested records.
    pub fn inner(&self, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.spelled(first)?, |field, name| field.child(name))
    }

    /// The field at a path into a body: members of lists and values of maps have the field that describes each of them.
    /// Shorthands count.
    pub fn field_at(&self, path: &FieldPath) -> Option<&Field> {
        let (first, rest) = path.0.split_first()?;
        let Segment::Name(name) = first else { return None };
        rest.iter()
            .try_fold(self.spelled(name)?, |field, segment| match segment {
                Segment::Name(name) => field.child(name),
                Segment::Index(_) => field.element(),
            })
    }

    /// The field of that name, shorthands included.
    pub fn spelled(&self, name: &str) -> Option<&Field> {
        let shorthand = || self.shorthands.iter().find(|(known, _)| known == name);
        self.get(name).or_else(|| shorthand().map(|(_, field)| field))
    }

    /// The names of the fields that the server makes up where nothing is said (`auto`).
    pub fn auto(&self) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(|(_, field)| field.auto)
            .map(|(name, _)| name.as_str())
    }
}

impl Field {
    /// The field of a name in a record, or of any key of a map.
    fn child(&self, name: &str) -> Option<&Self> {
        match &self.kind {
            FieldType::Record(record) => record.spelled(name),
            FieldType::Map { values, .. } => Some(values),
            _ => None,
        }
    }

    fn element(&self) -> Option<&Self> {
        match &self.kind {
            FieldType::Array(inner) | FieldType::Set(inner) => Some(inner),
            _ => None,
        }
    }
}

impl Catalog {
    /// Where a body holds secrets: what Kong's schema marks `encrypted`, what the files under `schemas/` mark, the
    /// shorthands of either, and every text under a field or in a config that no schema describes. Null is no secret.
    pub fn secret_paths(&self, kind: KindId, body: &Object) -> Vec<FieldPath> {
        let record = self.record(kind, body);
        let mut found = Vec::new();
        Search(Wanted::Secret).record(&record, body, &FieldPath::default(), &mut found);
        found
    }

    /// Where a body holds values in whose place a `{vault://…}` reference is honoured: leaves, each member of a list and
    /// each value of a map by itself. Shorthands count.
    pub fn referenceable_paths(&self, kind: KindId, body: &Object) -> Vec<FieldPath> {
        let record = self.record(kind, body);
        let mut found = Vec::new();
        Search(Wanted::Referenceable).record(&record, body, &FieldPath::default(), &mut found);
        found
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Secret,
    Referenceable,
}

struct Search(Wanted);

impl Search {
    fn wants(&self, field: &Field) -> bool {
        match self.0 {
            Wanted::Secret => field.secret,
            Wanted::Referenceable => field.referenceable,
        }
    }

    fn record(&self, record: &Record, body: &Object, at: &FieldPath, found: &mut Vec<FieldPath>) {
        for (name, value) in body {
            if value.is_null() {
                continue;
            }
            let shorthand = || record.shorthands.iter().find(|(known, _)| known == name);
            if let Some(field) = record.get(name) {
                self.value(field, value, at.name(name), found);
            } else if let Some((_, field)) = shorthand() {
                self.shorthand(record, field, value, at.name(name), found);
            } else {
                self.unknown(value, at.name(name), found);
            }
        }
    }

    fn shorthand(&self, record: &Record, field: &Field, value: &Value, at: FieldPath, found: &mut Vec<FieldPath>) {
        let targets = shorthand::targets(field);
        let meant = targets
            .iter()
            .filter_map(|path| record.inner(path))
            .any(|field| self.wants(field));
        if meant {
            found.push(at);
        } else {
            self.value(field, value, at, found);
        }
    }

    fn value(&self, field: &Field, value: &Value, at: FieldPath, found: &mut Vec<FieldPath>) {
        if value.is_null() {
            return;
        }
        if self.wants(field) {
            found.push(at);
            return;
        }
        match (&field.kind, value) {
            (FieldType::Record(record), Value::Object(body)) => self.record(record, body, &at, found),
            (FieldType::Array(inner) | FieldType::Set(inner), Value::Array(members)) => {
                for (index, member) in members.iter().enumerate() {
                    self.value(inner, member, at.index(index), found);
                }
            }
            (FieldType::Map { values, .. }, Value::Object(members)) => {
                for (name, member) in members {
                    self.value(values, member, at.name(name), found);
                }
            }
            (FieldType::Abstract, _) => self.unknown(value, at, found),
            _ => {}
        }
    }

    /// Of what no schema describes, every text may be a secret.
    fn unknown(&self, value: &Value, at: FieldPath, found: &mut Vec<FieldPath>) {
        match value {
            _ if self.0 != Wanted::Secret => {}
            Value::String(_) => found.push(at),
            Value::Array(members) => {
                for (index, member) in members.iter().enumerate() {
                    self.unknown(member, at.index(index), found);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.unknown(member, at.name(name), found);
                }
            }
            _ => {}
        }
    }
}
