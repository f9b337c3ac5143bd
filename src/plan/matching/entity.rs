use std::borrow::Cow;
use std::cell::OnceCell;

use uuid::Uuid;

use crate::key::{join_key, key_from_body, key_part};
use json::{Object, Value};
use schema::{Catalog, ForeignKeyValue, Kind, canonicalize, is_written_canonically};
use state::{DeclaredEntity, DeclaredId};

/// A declared entity whose foreign keys are resolved, as far as they can be.
pub(crate) struct UnmatchedEntity<'a> {
    pub declared_id: DeclaredId,
    pub declared: &'a DeclaredEntity,
    pub foreign_keys: Vec<(&'a str, ForeignKeyValue)>,
    /// Canonical, with foreign keys; computed when it is first needed, which it never is for what is in sync.
    pub desired: OnceCell<Object>,
    /// Whether something that it refers to is missing: then it is matched, and not compared.
    pub has_dangling_link: bool,
    /// Whether this run leaves it alone, and others may refer to it.
    pub reference_only: bool,
}

/// A declared entity with its id, and the live entity that it is, if there is one.
pub(crate) struct MatchedEntity<'a> {
    pub entity: UnmatchedEntity<'a>,
    pub id: Uuid,
    /// As the server shows it.
    pub live: Option<&'a Object>,
}

impl UnmatchedEntity<'_> {
    /// As the document spells it.
    pub fn body(&self) -> &Object {
        self.declared.body.expose()
    }

    /// The canonical form, with foreign keys.
    pub fn desired(&self, catalog: &Catalog) -> &Object {
        self.desired.get_or_init(|| {
            let mut desired = canonicalize(catalog, self.declared.kind, self.body()).0;
            desired.extend(self.foreign_key_members());
            desired
        })
    }

    pub(crate) fn take_desired(&mut self, catalog: &Catalog) -> Object {
        self.desired(catalog);
        self.desired.take().unwrap_or_default()
    }

    /// What is sent: what is declared, and nothing else.
    pub fn to_request_body(&self) -> Object {
        let mut body = self.body().clone();
        body.extend(self.foreign_key_members());
        body
    }

    /// The value of a natural key. The canonical form is made only where what is declared is not canonical.
    pub fn natural_key(&self, catalog: &Catalog, fields: &[String]) -> Option<Cow<'_, str>> {
        let kind = catalog.kind(self.declared.kind);
        if fields.iter().all(|field| self.is_declared_canonically(kind, field)) {
            join_key(kind, fields, |field| self.key_part(field))
        } else {
            key_from_body(kind, fields, self.desired(catalog))
        }
    }

    /// The value of a field, a foreign key included, as a part of a key.
    fn key_part(&self, field: &str) -> Option<Cow<'_, str>> {
        let foreign_key = self.foreign_keys.iter().find(|(name, _)| *name == field);
        match foreign_key.map(|(_, value)| value) {
            Some(ForeignKeyValue::Null) => None,
            Some(ForeignKeyValue::Id(id)) => Some(Cow::Owned(id.to_string())),
            Some(ids @ ForeignKeyValue::Ids(_)) => Some(Cow::Owned(ids.to_value().to_string())),
            None => self.body().get(field).and_then(key_part),
        }
    }

    fn is_declared_canonically(&self, kind: &Kind, field: &str) -> bool {
        self.foreign_keys.iter().any(|(name, _)| *name == field)
            || is_written_canonically(&kind.record, self.body(), field)
    }

    /// The foreign keys, as the server shows them.
    fn foreign_key_members(&self) -> impl Iterator<Item = (String, Value)> {
        let foreign_keys = self.foreign_keys.iter();
        foreign_keys.map(|(field, value)| ((*field).to_owned(), value.to_value()))
    }
}
