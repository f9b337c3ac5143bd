use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use json::Object;
use reference::contains_reference;
use schema::KindId;
use state::EntityBody;

/// What the control plane holds, as far as it was read.
#[derive(Clone, Debug, Default)]
pub struct LiveState {
    /// What is in the scopes of the run, with whole bodies.
    pub owned: BTreeMap<KindId, Vec<LiveEntity>>,
    /// What is outside, of the kinds of which it was read: an index only.
    pub foreign: BTreeMap<KindId, Vec<ForeignEntity>>,
    /// Kinds that this control plane does not have (404, or wasm switched off).
    pub absent: BTreeSet<KindId>,
    /// Kinds that the token may not read (403).
    pub forbidden: BTreeSet<KindId>,
}

/// An entity of the run's scopes.
#[derive(Clone, Debug)]
pub struct LiveEntity {
    /// Its id.
    pub id: Uuid,
    /// All of it, as the server shows it.
    pub body: EntityBody,
    /// Whether it holds a reference anywhere: found out when it is read, for most hold none.
    pub has_reference: bool,
}

impl LiveEntity {
    /// Looks for references in the body.
    pub fn new(id: Uuid, body: Object) -> Self {
        let has_reference = body.values().any(contains_reference);
        Self {
            id,
            has_reference,
            body: EntityBody::new(body),
        }
    }
}

/// An entity outside the run's scopes: what is needed to refer to it and to see it in the way, and no more.
#[derive(Clone, Debug)]
pub struct ForeignEntity {
    /// Its id.
    pub id: Uuid,
    /// Its tags, the values of its unique fields, natural keys and foreign keys (secret ones are exposed to comparisons only),
    /// and of a vault its config, save the secrets in it; nothing else.
    pub index: EntityBody,
    /// The fields in which it holds a reference, with the reference's text.
    pub references: Vec<(schema::FieldPath, String)>,
}
