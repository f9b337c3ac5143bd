use super::Failure;
use control_plane::Uncertainty;
use plan::{Change, Plan, StepId};

/// What happened to every step of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// How each step ended, in the order of the plan.
    pub steps: Vec<StepEnd>,
    /// Why nothing new was begun from some moment on, if so.
    pub halted: Option<Halt>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum StepEnd {
    /// It is done.
    Done,
    /// It was tried and is not done.
    Failed(Failure),
    /// It was not tried, because a step that it depends on failed: the one at the root, not the nearest.
    Skipped {
        /// The step that failed.
        because: StepId,
    },
    /// It was not tried, because nothing new was begun any more.
    NotBegun,
    /// No answer came, and reading back gave none: it may be done or not.
    Unknown(Uncertainty),
}

/// Why nothing new is begun any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Somebody asked to stop.
    Asked,
    /// The control plane does not answer.
    NoAnswer,
    /// The control plane does not accept the credentials any more.
    Unauthorised,
}

/// How a change ended: the worst of its steps, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeEnd {
    /// All of it is done.
    Done,
    /// This step failed.
    Failed(StepId),
    /// It was skipped because of this step, which may be of another change.
    Skipped(StepId),
    /// It was not begun, or not finished when the run was stopped.
    NotBegun,
    /// Of this step it is not known whether it was carried out.
    Unknown(StepId),
}

/// How many changes ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entities made.
    pub created: usize,
    /// Entities changed.
    pub updated: usize,
    /// Entities deleted.
    pub deleted: usize,
    /// Changes that failed.
    pub failed: usize,
    /// Changes skipped because of a failure.
    pub skipped: usize,
    /// Changes not begun.
    pub not_begun: usize,
    /// Changes of which it is not known.
    pub unknown: usize,
}

impl Account {
    /// Whether everything is done.
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|end| *end == StepEnd::Done)
    }

    /// Whether something was written, or may have been.
    pub fn wrote(&self) -> bool {
        let wrote = |end: &StepEnd| matches!(end, StepEnd::Done | StepEnd::Unknown(_));
        self.steps.iter().any(wrote)
    }

    /// How each change ended, in the order of the plan.
    pub fn changes(&self, plan: &Plan) -> Vec<ChangeEnd> {
        let mut ends = vec![ChangeEnd::Done; plan.changes.len()];
        for (at, (step, end)) in plan.steps.iter().zip(&self.steps).enumerate() {
            let end = change_end(StepId(at as u32), end);
            if let Some(known) = ends.get_mut(step.change).filter(|known| rank(end) > rank(**known)) {
                *known = end;
            }
        }
        ends
    }

    /// How many changes ended how.
    pub fn summary(&self, plan: &Plan) -> Summary {
        let mut summary = Summary::default();
        for (change, end) in plan.changes.iter().zip(self.changes(plan)) {
            *match (end, change) {
                (ChangeEnd::Done, Change::Create { .. }) => &mut summary.created,
                (ChangeEnd::Done, Change::Update { .. }) => &mut summary.updated,
                (ChangeEnd::Done, Change::Delete { .. }) => &mut summary.deleted,
                (ChangeEnd::Failed(_), _) => &mut summary.failed,
                (ChangeEnd::Skipped(_), _) => &mut summary.skipped,
                (ChangeEnd::NotBegun, _) => &mut summary.not_begun,
                (ChangeEnd::Unknown(_), _) => &mut summary.unknown,
            } += 1;
        }
        summary
    }
}

fn change_end(step: StepId, end: &StepEnd) -> ChangeEnd {
    match end {
        StepEnd::Done => ChangeEnd::Done,
        StepEnd::Failed(_) => ChangeEnd::Failed(step),
        StepEnd::Skipped { because } => ChangeEnd::Skipped(*because),
        StepEnd::NotBegun => ChangeEnd::NotBegun,
        StepEnd::Unknown(_) => ChangeEnd::Unknown(step),
    }
}

fn rank(end: ChangeEnd) -> u8 {
    match end {
        ChangeEnd::Done => 0,
        ChangeEnd::NotBegun => 1,
        ChangeEnd::Skipped(_) => 2,
        ChangeEnd::Failed(_) => 3,
        ChangeEnd::Unknown(_) => 4,
    }
}
