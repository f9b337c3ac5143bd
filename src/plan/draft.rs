use uuid::Uuid;

use json::{Object, Value};
use schema::{FieldPath, KindId};
use state::{DeclaredId, ScopeId};

/// A change that is not yet scheduled. It holds secrets in clear.
pub(crate) struct ChangeDraft<'a> {
    pub kind: KindId,
    pub id: Uuid,
    pub declared: Option<DeclaredId>,
    pub scope: ScopeId,
    pub action: DraftAction<'a>,
}

pub(crate) enum DraftAction<'a> {
    Create {
        /// Canonical; what the server will generate is null.
        desired: Object,
        request_body: Object,
    },
    Update {
        /// As the server shows it.
        live: &'a Object,
        /// The same, canonical.
        before: Object,
        /// Canonical; live values of undeclared generated fields preserved.
        desired: Object,
        request_body: UpdateBody,
        fields: Vec<FieldDiff>,
    },
    Delete {
        /// As the server shows it.
        live: &'a Object,
    },
}

/// How an update is written.
pub(crate) enum UpdateBody {
    /// The whole entity.
    Put(Object),
    /// Every field that may be written, the rest stays.
    Patch(Object),
}

/// A field that differs.
pub(crate) struct FieldDiff {
    pub path: FieldPath,
    pub before: Value,
    pub after: Value,
}

impl<'a> ChangeDraft<'a> {
    /// The entity as it is, as the server shows it.
    pub fn live(&self) -> Option<&'a Object> {
        match &self.action {
            DraftAction::Create { .. } => None,
            DraftAction::Update { live, .. } | DraftAction::Delete { live } => Some(live),
        }
    }

    /// The entity as it will be, canonical.
    pub fn desired(&self) -> Option<&Object> {
        match &self.action {
            DraftAction::Create { desired, .. } | DraftAction::Update { desired, .. } => Some(desired),
            DraftAction::Delete { .. } => None,
        }
    }
}
