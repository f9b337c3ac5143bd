use super::StepFailure;
use control_plane::Uncertainty;
use plan::{Change, Plan, StepId};

/// What happened to every step of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplyOutcome {
    /// How each step ended, in the order of the plan.
    pub steps: Vec<StepOutcome>,
    /// Why nothing new was begun from some moment on, if so.
    pub halt_reason: Option<HaltReason>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum StepOutcome {
    /// It is done.
    Done,
    /// It was tried and is not done.
    Failed(StepFailure),
    /// It was not tried, because a step that it depends on failed, directly or not.
    Skipped {
        /// The step that failed.
        failed_step: StepId,
    },
    /// It was not tried, because nothing new was begun any more.
    NotStarted,
    /// No answer came, and reading back gave none: it may be done or not.
    Unknown(Uncertainty),
}

/// Why nothing new is begun any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HaltReason {
    /// The run was cancelled.
    Cancelled,
    /// The control plane does not answer.
    NoResponse,
    /// The control plane does not accept the credentials any more.
    Unauthorized,
}

/// How a change ended: the worst of its steps, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// All of it is done.
    Done,
    /// This step failed.
    Failed(StepId),
    /// It was skipped because of this step, which may be of another change.
    Skipped(StepId),
    /// It was not begun, or not finished when the run was stopped.
    NotStarted,
    /// Of this step it is not known whether it was carried out.
    Unknown(StepId),
}

/// How many changes ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplySummary {
    /// Entities created.
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
    pub not_started: usize,
    /// Changes of which it is not known whether they were carried out.
    pub unknown: usize,
}

impl ApplyOutcome {
    /// Whether everything is done.
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|outcome| *outcome == StepOutcome::Done)
    }

    /// Whether something was written, or may have been.
    pub fn may_have_written(&self) -> bool {
        let may_have_written = |outcome: &StepOutcome| matches!(outcome, StepOutcome::Done | StepOutcome::Unknown(_));
        self.steps.iter().any(may_have_written)
    }

    /// How each change ended, in the order of the plan.
    pub fn change_outcomes(&self, plan: &Plan) -> Vec<ChangeOutcome> {
        let mut outcomes = vec![ChangeOutcome::Done; plan.changes.len()];
        for (at, (step, outcome)) in plan.steps.iter().zip(&self.steps).enumerate() {
            let outcome = change_outcome(StepId(at as u32), outcome);
            if let Some(worst) = outcomes
                .get_mut(step.change)
                .filter(|worst| severity_rank(outcome) > severity_rank(**worst))
            {
                *worst = outcome;
            }
        }
        outcomes
    }

    /// How many changes ended how.
    pub fn summary(&self, plan: &Plan) -> ApplySummary {
        let mut summary = ApplySummary::default();
        for (change, outcome) in plan.changes.iter().zip(self.change_outcomes(plan)) {
            *match (outcome, change) {
                (ChangeOutcome::Done, Change::Create { .. }) => &mut summary.created,
                (ChangeOutcome::Done, Change::Update { .. }) => &mut summary.updated,
                (ChangeOutcome::Done, Change::Delete { .. }) => &mut summary.deleted,
                (ChangeOutcome::Failed(_), _) => &mut summary.failed,
                (ChangeOutcome::Skipped(_), _) => &mut summary.skipped,
                (ChangeOutcome::NotStarted, _) => &mut summary.not_started,
                (ChangeOutcome::Unknown(_), _) => &mut summary.unknown,
            } += 1;
        }
        summary
    }
}

fn change_outcome(step: StepId, outcome: &StepOutcome) -> ChangeOutcome {
    match outcome {
        StepOutcome::Done => ChangeOutcome::Done,
        StepOutcome::Failed(_) => ChangeOutcome::Failed(step),
        StepOutcome::Skipped { failed_step } => ChangeOutcome::Skipped(*failed_step),
        StepOutcome::NotStarted => ChangeOutcome::NotStarted,
        StepOutcome::Unknown(_) => ChangeOutcome::Unknown(step),
    }
}

fn severity_rank(outcome: ChangeOutcome) -> u8 {
    match outcome {
        ChangeOutcome::Done => 0,
        ChangeOutcome::NotStarted => 1,
        ChangeOutcome::Skipped(_) => 2,
        ChangeOutcome::Failed(_) => 3,
        ChangeOutcome::Unknown(_) => 4,
    }
}
