use std::sync::Arc;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::{EntityName, PlanValue};
use schema::{FieldPath, KindId};
use state::{DeclaredId, ScopeId};
use yaml::Diagnostic;

/// All changes, the steps that carry them out, and what each step waits for.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What changes, for people, in the order in which the steps run.
    pub changes: Vec<Change>,
    /// What is sent, for the executor, in an order in which they could run one after another.
    pub steps: Vec<Step>,
    /// Which entity is which declared one, changed or not.
    pub declared_by_id: Arc<FxHashMap<(KindId, Uuid), DeclaredId>>,
    /// What there is to report, errors excepted.
    pub diagnostics: Vec<Diagnostic>,
}

/// One change of one entity, for people.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An entity that is not there is created.
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
        /// The live entity, canonical.
        before: PlanValue,
        /// The entity as it will be, canonical.
        after: PlanValue,
        /// The fields that differ.
        fields: Vec<FieldChange>,
    },
    /// An entity that no document declares any more is deleted.
    Delete {
        /// What it is about.
        entity: ChangedEntity,
        /// The live entity, canonical.
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
    /// Why it is done, where that is not plain: replaced because of a cycle, deleted with its parent, …
    pub reason: Option<String>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub path: FieldPath,
    /// The live value.
    pub before: PlanValue,
    /// The value as it will be. Redacted if either side is secret.
    pub after: PlanValue,
}

impl Change {
    /// The entity it is about.
    pub fn entity(&self) -> &ChangedEntity {
        match self {
            Self::Create { entity, .. } | Self::Update { entity, .. } | Self::Delete { entity, .. } => entity,
        }
    }
}

/// A step's place in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub u32);

/// One request that a plan makes: what it does to one entity, and which steps must have succeeded before.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub action: StepAction,
    /// The kind of the entity.
    pub kind: KindId,
    /// The entity's id.
    pub id: Uuid,
    /// The id of the parent on whose path the entity lives, for kinds that have one.
    pub parent: Option<Uuid>,
    /// The change that it serves, by its place in the plan.
    pub change: usize,
    /// When it may begin at the earliest.
    pub phase: Phase,
    /// The steps that must have succeeded before it may begin, whatever its phase.
    pub depends_on: Vec<StepId>,
    /// For people, where the step is no plain create, update or delete: `park the name of …`.
    pub note: Option<String>,
}

/// When a step may begin at the earliest. It spares edges from every write to every delete, of which there could be millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// As soon as the steps it waits for have succeeded.
    Write,
    /// After every step of the first phase has succeeded: nothing old is deleted before the new is there.
    Delete,
}

/// What a step does, with the body that it sends: redacted in a plan, in clear in a request.
#[derive(Clone, Debug, PartialEq)]
pub enum StepAction<Body = PlanValue> {
    /// POST; the body holds the id, so that it can never overwrite.
    Create(Body),
    /// PUT of the whole entity by its id (which the body does not repeat), what was preserved of the live one included.
    Replace(Body),
    /// PATCH of some fields: a certificate, a temporary name, an entity whose secret must not be written again.
    Patch(Body),
    /// DELETE.
    Delete,
}

impl<Body> StepAction<Body> {
    /// What is sent, if anything is.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Create(body) | Self::Replace(body) | Self::Patch(body) => Some(body),
            Self::Delete => None,
        }
    }

    /// The same action with another form of its body.
    pub fn map<Other>(&self, map_body: impl FnOnce(&Body) -> Other) -> StepAction<Other> {
        match self {
            Self::Create(body) => StepAction::Create(map_body(body)),
            Self::Replace(body) => StepAction::Replace(map_body(body)),
            Self::Patch(body) => StepAction::Patch(map_body(body)),
            Self::Delete => StepAction::Delete,
        }
    }
}
