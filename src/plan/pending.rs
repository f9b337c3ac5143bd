use std::borrow::Cow;
use std::cell::OnceCell;

use uuid::Uuid;

use super::compare::{Said, compare};
use super::draft::Act;
use super::key::{key_in, key_of};
use super::made_up::{self, MadeUp};
use json::{Object, Value};
use schema::{Catalog, ForeignKeyValue};
use state::{DeclaredEntity, DeclaredId};

/// A declared entity on its way.
pub(super) struct Pending<'a> {
    pub at: DeclaredId,
    pub declared: &'a DeclaredEntity,
    pub links: Vec<(&'a str, ForeignKeyValue)>,
    /// Canonical, links filled in, once it is asked for: what is in sync never is.
    pub desired: OnceCell<Object>,
    /// Whether something that it refers to is missing: it is looked for, and not compared.
    pub broken: bool,
    pub spectator: bool,
}

impl Pending<'_> {
    /// What it says, with its foreign keys.
    pub fn said(&self) -> Said<'_> {
        Said {
            body: self.declared.body.expose(),
            links: &self.links,
        }
    }

    /// The canonical form of that.
    pub fn desired(&self, catalog: &Catalog) -> &Object {
        self.desired
            .get_or_init(|| self.said().canonical(catalog, self.declared.kind))
    }

    /// Its value for a natural key.
    pub fn key(&self, catalog: &Catalog, set: &[String]) -> Option<Cow<'_, str>> {
        let kind = catalog.kind(self.declared.kind);
        let said = self.said();
        if set.iter().all(|field| said.is_compared_as_said(kind, field)) {
            key_of(kind, set, move |field| said.text(field))
        } else {
            key_in(kind, set, self.desired(catalog))
        }
    }

    fn take_desired(&mut self, catalog: &Catalog) -> Object {
        self.desired(catalog);
        self.desired.take().unwrap_or_default()
    }
}

/// A declared entity of which is known which it is, yet to be compared.
pub(super) struct Identified<'a> {
    pub pending: Pending<'a>,
    pub id: Uuid,
    /// As the server shows it, if it stands.
    pub live: Option<&'a Object>,
}

/// What is to be done for a declared entity under that id.
pub(super) type Done<'a> = (DeclaredId, &'a DeclaredEntity, Uuid, Act<'a>);

impl<'a> Identified<'a> {
    /// What is to be done, if anything is.
    pub fn act(&mut self, catalog: &Catalog, made_up: &mut MadeUp) -> Option<Done<'a>> {
        let Self { pending, id, live } = self;
        let (at, declared) = (pending.at, pending.declared);
        let act = match live {
            Some(live) => Act::Update(Box::new(compare(catalog, made_up, pending, live)?)),
            None => {
                let mut body = pending.said().to_send();
                body.insert("id", Value::from(id.to_string()));
                let mut desired = pending.take_desired(catalog);
                let made_up = made_up.of(catalog, declared.kind, &desired);
                made_up::carry(&made_up, declared.body.expose(), &mut desired, None);
                Act::Create { desired, body }
            }
        };
        Some((at, declared, *id, act))
    }
}
