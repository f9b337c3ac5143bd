use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::diff::diff_fields;
use crate::{Fingerprinter, PlanSecret, PlanValue, SecretOrigin};
use json::{Object, Value};
use reference::is_reference;
use schema::{Catalog, Field, FieldPath, FieldType, KindId, PathSegment, Record, canonicalize};
use state::DeclaredEntity;

/// Redacts bodies of an entity. What is secret on one side of a change is redacted on both.
pub(crate) struct BodyRedactor<'a> {
    record: Arc<Record>,
    /// Fields that are secret because a document has them from the environment, and what Kong makes of them.
    secret_paths: BTreeSet<FieldPath>,
    /// The values of those: the same value elsewhere is a secret too.
    secret_values: Vec<Value>,
    entity: Uuid,
    fingerprinter: &'a Fingerprinter,
}

impl<'a> BodyRedactor<'a> {
    pub fn new(
        catalog: &Catalog,
        (kind, entity): (KindId, Uuid),
        body: &Object,
        declared: Option<&DeclaredEntity>,
        fingerprinter: &'a Fingerprinter,
    ) -> Self {
        let mut redactor = Self {
            record: catalog.record(kind, body),
            secret_paths: BTreeSet::new(),
            secret_values: Vec::new(),
            entity,
            fingerprinter,
        };
        if let Some(declared) = declared {
            redactor.mark_secrets(catalog, declared);
        }
        redactor
    }

    pub(crate) fn redact_body(&self, body: &Object, origin: &SecretOrigin) -> PlanValue {
        let path = FieldPath::default();
        PlanValue::Map(self.redact_members(Some(&self.record), body, &path, false, origin))
    }

    pub(crate) fn redact_field(&self, path: &FieldPath, value: &Value, origin: &SecretOrigin) -> PlanValue {
        let secret = self
            .secret_paths
            .iter()
            .any(|marked| marked.0.starts_with(&path.0) || path.0.starts_with(&marked.0));
        let (field, inherited) = self.find_field_schema(path);
        self.redact_value(field, value, path, secret || inherited, origin)
    }

    fn mark_secrets(&mut self, catalog: &Catalog, declared: &DeclaredEntity) {
        let body = declared.body.expose();
        for path in &declared.secret_fields {
            self.secret_values.extend(
                path.value_in(body)
                    .filter(|value| value.is_string() || value.is_number())
                    .cloned(),
            );
            self.secret_paths.insert(truncate_at_list(path));
            self.secret_paths
                .extend(expanded_shorthand_paths(catalog, declared, path));
        }
    }

    fn redact_members(
        &self,
        record: Option<&Record>,
        members: &Object,
        at: &FieldPath,
        secret: bool,
        origin: &SecretOrigin,
    ) -> Vec<(String, PlanValue)> {
        let member = |(name, value): (&str, &Value)| {
            let field = record.and_then(|record| record.field_or_shorthand(name));
            (
                name.to_owned(),
                self.redact_value(field, value, &at.with_name(name), secret, origin),
            )
        };
        members.iter().map(member).collect()
    }

    fn redact_value(
        &self,
        field: Option<&Field>,
        value: &Value,
        at: &FieldPath,
        inherited: bool,
        origin: &SecretOrigin,
    ) -> PlanValue {
        let is_marked = self.secret_paths.contains(at);
        let is_unknown = field.is_some_and(|field| matches!(field.field_type, FieldType::Abstract));
        let secret = inherited || is_marked || is_unknown || field.is_some_and(|field| field.secret);
        match value {
            Value::Null => PlanValue::Null,
            Value::Object(members) => {
                let (record, inner) = match field.map(|field| &field.field_type) {
                    Some(FieldType::Record(record)) => (Some(record), None),
                    Some(FieldType::Map { values, .. }) => (None, Some(&**values)),
                    _ => (None, None),
                };
                PlanValue::Map(match inner {
                    None => self.redact_members(record, members, at, secret, origin),
                    inner => {
                        let redact = |(name, value): (&str, &Value)| {
                            (
                                name.to_owned(),
                                self.redact_value(inner, value, &at.with_name(name), secret, origin),
                            )
                        };
                        members.iter().map(redact).collect()
                    }
                })
            }
            Value::Array(members) => {
                let inner = field.and_then(|field| match &field.field_type {
                    FieldType::Array(inner) | FieldType::Set(inner) => Some(&**inner),
                    _ => None,
                });
                let redact = |(index, value)| self.redact_value(inner, value, &at.with_index(index), secret, origin);
                PlanValue::List(members.iter().enumerate().map(redact).collect())
            }
            Value::String(text) if is_reference(text) && !is_marked && !self.secret_values.contains(value) => {
                PlanValue::String(text.clone())
            }
            scalar if secret || self.secret_values.contains(scalar) => self.redact_scalar(scalar, at, origin),
            Value::Bool(value) => PlanValue::Bool(*value),
            Value::Number(value) => PlanValue::Number(value.clone()),
            Value::String(value) => PlanValue::String(value.clone()),
        }
    }

    fn redact_scalar(&self, value: &Value, at: &FieldPath, origin: &SecretOrigin) -> PlanValue {
        PlanValue::Secret(PlanSecret::new(
            value.clone(),
            self.fingerprinter.fingerprint(self.entity, at, value),
            origin.clone(),
        ))
    }

    /// The schema of a field, and whether something that encloses it is secret.
    fn find_field_schema(&self, path: &FieldPath) -> (Option<&Field>, bool) {
        let mut record = Some(&*self.record);
        let (mut field, mut secret) = (None, false);
        for segment in &path.0 {
            let PathSegment::Name(name) = segment else { break };
            let next = record.and_then(|record| record.field_or_shorthand(name));
            secret |= next.is_some_and(|field: &Field| field.secret || matches!(field.field_type, FieldType::Abstract));
            record = match next.map(|field| &field.field_type) {
                Some(FieldType::Record(inner)) => Some(inner),
                _ => None,
            };
            field = match (next, field.map(|field: &Field| &field.field_type)) {
                (None, Some(FieldType::Map { values, .. })) => Some(&**values),
                (next, _) => next,
            };
        }
        (field, secret)
    }
}

/// A path up to the first list on it: a list with a secret member is redacted whole, since members change their places.
fn truncate_at_list(path: &FieldPath) -> FieldPath {
    let names = path
        .0
        .iter()
        .take_while(|segment| matches!(segment, PathSegment::Name(_)));
    FieldPath(names.cloned().collect())
}

/// The fields that Kong makes of a declared one, if that is a shorthand.
fn expanded_shorthand_paths(catalog: &Catalog, declared: &DeclaredEntity, path: &FieldPath) -> Vec<FieldPath> {
    let body = declared.body.expose();
    let whole = canonicalize(catalog, declared.kind, body).0;
    if path.value_in(&whole).is_some_and(|value| !value.is_null()) {
        return Vec::new();
    }
    let mut without = body.clone();
    remove_at_path(&mut without, &path.0);
    let without = canonicalize(catalog, declared.kind, &without).0;
    diff_fields(catalog.kind(declared.kind), &without, &whole)
        .into_iter()
        .map(|field| field.path)
        .collect()
}

fn remove_at_path(members: &mut Object, path: &[PathSegment]) {
    match path {
        [PathSegment::Name(name)] | [PathSegment::Name(name), PathSegment::Index(_), ..] => {
            members.remove(name);
        }
        [PathSegment::Name(name), rest @ ..] => {
            if let Some(Value::Object(inner)) = members.get_mut(name) {
                remove_at_path(inner, rest);
            }
        }
        _ => {}
    }
}
