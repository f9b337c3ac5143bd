use uuid::Uuid;

use json::{Object, Value};
use schema::{FieldPath, KindId};
use state::{DeclaredId, ScopeId};

/// A change that has not yet found its place in the order. It holds secrets in clear.
pub(super) struct ChangeDraft<'a> {
    pub kind: KindId,
    pub id: Uuid,
    pub declared: Option<DeclaredId>,
    pub scope: ScopeId,
    pub action: DraftAction<'a>,
}

/// What a draft does.
pub(super) enum DraftAction<'a> {
    Create {
        /// Canonical; what the server will make up is null.
        desired: Object,
        /// What is sent.
        request_body: Object,
    },
    Update(Box<UpdateDraft<'a>>),
    Delete {
        /// The body as the server shows it.
        live: &'a Object,
    },
}

/// What an update knows.
pub(super) struct UpdateDraft<'a> {
    /// What stands, as the server shows it.
    pub live: &'a Object,
    /// What stands, canonical.
    pub before: Object,
    /// What will stand, canonical; live values of undeclared made-up fields carried over.
    pub desired: Object,
    pub request_body: UpdateBody,
    pub fields: Vec<FieldDiff>,
}

/// How an update is written.
pub(super) enum UpdateBody {
    /// The whole entity.
    Put(Object),
    /// Every field that may be written, the rest stays.
    Patch(Object),
}

/// A field that differs.
pub(super) struct FieldDiff {
    pub path: FieldPath,
    pub before: Value,
    pub after: Value,
}

impl<'a> ChangeDraft<'a> {
    /// The entity as it stands, as the server shows it.
    pub fn live(&self) -> Option<&'a Object> {
        match &self.action {
            DraftAction::Create { .. } => None,
            DraftAction::Update(update) => Some(update.live),
            DraftAction::Delete { live } => Some(live),
        }
    }

    /// The entity as it will stand, canonical.
    pub fn desired(&self) -> Option<&Object> {
        match &self.action {
            DraftAction::Create { desired, .. } => Some(desired),
            DraftAction::Update(update) => Some(&update.desired),
            DraftAction::Delete { .. } => None,
        }
    }
}
