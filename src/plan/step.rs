use uuid::Uuid;

use super::PlanValue;
use schema::KindId;

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
    /// Words for people where the step is no plain create, update or delete: `park the name of …`.
    pub note: Option<String>,
}

/// When a step may begin at the earliest. It stands for edges from every step to every delete, of which there could be millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// As soon as the steps it waits for have succeeded.
    Write,
    /// After every step of the first phase has succeeded: nothing old goes before the new stands.
    Delete,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepAction {
    /// POST; the body holds the id, so that it can never overwrite.
    Create(PlanValue),
    /// PUT of the whole entity by its id (which the body does not repeat), what was carried over from the live one included.
    Replace(PlanValue),
    /// PATCH of some fields: a certificate, a parked name, an entity whose secret must not be written again.
    Patch(PlanValue),
    /// DELETE.
    Delete,
}
