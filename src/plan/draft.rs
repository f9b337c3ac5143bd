use uuid::Uuid;

use json::{Object, Value};
use schema::{FieldPath, KindId};
use state::{DeclaredId, ScopeId};

/// A change that has not yet found its place in the order. It holds secrets in clear.
pub(super) struct Draft<'a> {
    pub kind: KindId,
    pub id: Uuid,
    pub declared: Option<DeclaredId>,
    pub scope: ScopeId,
    pub act: Act<'a>,
}

/// What a draft does.
pub(super) enum Act<'a> {
    Create {
        /// Canonical; what the server will make up is null.
        desired: Object,
        /// What is sent.
        body: Object,
    },
    Update(Box<Update<'a>>),
    Delete {
        /// The body as the server shows it.
        live: &'a Object,
    },
}

/// What an update knows.
pub(super) struct Update<'a> {
    /// What stands, as the server shows it.
    pub live: &'a Object,
    /// What stands, canonical.
    pub before: Object,
    /// What will stand, canonical; live values of undeclared made-up fields carried over.
    pub desired: Object,
    pub sent: Sent,
    pub fields: Vec<Differing>,
}

/// How an update is written.
pub(super) enum Sent {
    /// The whole entity.
    Put(Object),
    /// Every field that may be written, the rest stays.
    Patch(Object),
}

/// A field that differs.
pub(super) struct Differing {
    pub path: FieldPath,
    pub before: Value,
    pub after: Value,
}

impl<'a> Draft<'a> {
    /// The entity as it stands, as the server shows it.
    pub fn live(&self) -> Option<&'a Object> {
        match &self.act {
            Act::Create { .. } => None,
            Act::Update(update) => Some(update.live),
            Act::Delete { live } => Some(live),
        }
    }

    /// The entity as it will stand, canonical.
    pub fn desired(&self) -> Option<&Object> {
        match &self.act {
            Act::Create { desired, .. } => Some(desired),
            Act::Update(update) => Some(&update.desired),
            Act::Delete { .. } => None,
        }
    }
}
