use uuid::Uuid;

use super::{EntityName, PlanValue};
use schema::{FieldPath, KindId};
use state::{DeclaredId, ScopeId};

/// One change of one entity, for people.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An entity that is not there is made.
    Create {
        /// What it is about.
        entity: ChangedEntity,
        /// The body that is written.
        after: PlanValue,
    },
    /// An entity that differs is changed in place.
    Update {
        /// What it is about.
        entity: ChangedEntity,
        /// What stands, in the fields that count.
        before: PlanValue,
        /// What will stand, in the same fields.
        after: PlanValue,
        /// The fields that differ.
        fields: Vec<FieldChange>,
    },
    /// An entity that no document declares any more is deleted.
    Delete {
        /// What it is about.
        entity: ChangedEntity,
        /// What stands.
        before: PlanValue,
    },
}

/// The entity that a change is about.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedEntity {
    /// Its kind.
    pub kind: KindId,
    /// Its id: the live one, the declared one, or one chosen while planning.
    pub id: Uuid,
    /// What it is called.
    pub name: EntityName,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// The scope it belongs to.
    pub scope: ScopeId,
    /// Why it is done, where that is not plain: replaced because of a circle, deleted with its parent, …
    pub reason: Option<String>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub path: FieldPath,
    /// What stands; `Null` if nothing does.
    pub before: PlanValue,
    /// What will stand; `Null` if nothing does. Hidden if either side is secret.
    pub after: PlanValue,
}

impl Change {
    /// The entity it is about.
    pub fn entity(&self) -> &ChangedEntity {
        match self {
            Self::Create { entity: subject, .. }
            | Self::Update { entity: subject, .. }
            | Self::Delete { entity: subject, .. } => subject,
        }
    }
}
