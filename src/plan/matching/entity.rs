use std::borrow::Cow;
use std::cell::OnceCell;

use uuid::Uuid;

use crate::diff::{DeclaredBody, diff_entity};
use crate::draft::DraftAction;
use crate::key::{join_key, key_from_body};
use crate::made_up::{self, GeneratedFields};
use json::{Object, Value};
use schema::{Catalog, ForeignKeyValue};
use state::{DeclaredEntity, DeclaredId};

/// A declared entity on its way.
pub(crate) struct UnmatchedEntity<'a> {
    pub declared_id: DeclaredId,
    pub declared: &'a DeclaredEntity,
    pub foreign_keys: Vec<(&'a str, ForeignKeyValue)>,
    /// Canonical, links filled in, once it is asked for: what is in sync never is.
    pub desired: OnceCell<Object>,
    /// Whether something that it refers to is missing: it is looked for, and not compared.
    pub has_dangling_link: bool,
    pub reference_only: bool,
}

impl UnmatchedEntity<'_> {
    /// What it says, with its foreign keys.
    pub fn declared_body(&self) -> DeclaredBody<'_> {
        DeclaredBody {
            body: self.declared.body.expose(),
            foreign_keys: &self.foreign_keys,
        }
    }

    /// The canonical form of that.
    pub fn desired(&self, catalog: &Catalog) -> &Object {
        self.desired
            .get_or_init(|| self.declared_body().to_canonical(catalog, self.declared.kind))
    }

    /// Its value for a natural key.
    pub fn natural_key(&self, catalog: &Catalog, set: &[String]) -> Option<Cow<'_, str>> {
        let kind = catalog.kind(self.declared.kind);
        let said = self.declared_body();
        if set.iter().all(|field| said.is_canonical_as_declared(kind, field)) {
            join_key(kind, set, move |field| said.key_part(field))
        } else {
            key_from_body(kind, set, self.desired(catalog))
        }
    }

    fn take_desired(&mut self, catalog: &Catalog) -> Object {
        self.desired(catalog);
        self.desired.take().unwrap_or_default()
    }
}

/// A declared entity of which is known which it is, yet to be compared.
pub(crate) struct MatchedEntity<'a> {
    pub entity: UnmatchedEntity<'a>,
    pub id: Uuid,
    /// As the server shows it, if it stands.
    pub live: Option<&'a Object>,
}

/// What is to be done for a declared entity under that id.
pub(crate) type EntityAction<'a> = (DeclaredId, &'a DeclaredEntity, Uuid, DraftAction<'a>);

impl<'a> MatchedEntity<'a> {
    /// What is to be done, if anything is.
    pub fn decide_action(&mut self, catalog: &Catalog, made_up: &mut GeneratedFields) -> Option<EntityAction<'a>> {
        let Self {
            entity: pending,
            id,
            live,
        } = self;
        let (at, declared) = (pending.declared_id, pending.declared);
        let act = match live {
            Some(live) => DraftAction::Update(Box::new(diff_entity(catalog, made_up, pending, live)?)),
            None => {
                let mut body = pending.declared_body().to_request_body();
                body.insert("id", Value::from(id.to_string()));
                let mut desired = pending.take_desired(catalog);
                let made_up = made_up.fields_for(catalog, declared.kind, &desired);
                made_up::preserve_live_values(&made_up, declared.body.expose(), &mut desired, None);
                DraftAction::Create {
                    desired,
                    request_body: body,
                }
            }
        };
        Some((at, declared, *id, act))
    }
}
