use std::sync::Arc;

use uuid::Uuid;

use super::VerifyOptions;
use super::verify::has_errors;
use control_plane::{NodeInfo, ReadError};
use plan::{ApprovedPlan, Fingerprinter, GuardViolation, Guards, LiveState, Plan, PlanError, PlanInput, PlanOptions};
use reference::Assessment;
use schema::Catalog;
use state::DesiredState;
use yaml::Diagnostic;

/// What a run may do, and how it checks.
pub struct RunOptions {
    /// What is left alone.
    pub plan_options: PlanOptions,
    /// What is allowed.
    pub guards: Guards,
    /// How references are verified.
    pub verify_options: VerifyOptions,
    /// Stands for secrets within this run.
    pub fingerprinter: Fingerprinter,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            plan_options: PlanOptions::default(),
            guards: Guards::default(),
            verify_options: VerifyOptions::default(),
            fingerprinter: random_fingerprinter(),
        }
    }
}

/// Has a random key: fingerprints tell equal from unequal within one run, and nothing afterwards.
fn random_fingerprinter() -> Fingerprinter {
    let mut key = [0; 64];
    for part in key.chunks_exact_mut(16) {
        part.copy_from_slice(Uuid::new_v4().as_bytes());
    }
    Fingerprinter::new(&key)
}

impl RunOptions {
    pub(crate) fn plan_input<'a>(
        &'a self,
        catalog: &'a Catalog,
        desired: &'a DesiredState,
        live: &'a LiveState,
        now: i64,
    ) -> PlanInput<'a> {
        PlanInput {
            catalog,
            desired,
            live,
            options: &self.plan_options,
            fingerprinter: &self.fingerprinter,
            foreign_references: self.verify_options.includes_foreign(),
            now,
        }
    }
}

/// All that is known before the first write.
pub struct PreparedRun {
    /// The node that answered.
    pub node: NodeInfo,
    /// What exists there.
    pub catalog: Arc<Catalog>,
    /// What it holds.
    pub live: LiveState,
    /// What is known of the references.
    pub assessments: Vec<Assessment>,
    /// What there is to report.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan, and whether it may be carried out.
    pub decision: Decision,
}

/// Whether a plan may be carried out.
pub enum Decision {
    /// It may.
    Approved(ApprovedPlan),
    /// It may not.
    Rejected {
        /// The plan, to be shown.
        plan: Plan,
        /// What a guard refuses: none, if the only reason is an error among the diagnostics.
        violations: Vec<GuardViolation>,
    },
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The control plane could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What the documents say cannot be done.
    #[error("{} problems", .0.len())]
    Plan(Vec<PlanError>),
}

impl PreparedRun {
    /// The plan, approved or not.
    pub fn plan(&self) -> &Plan {
        match &self.decision {
            Decision::Approved(approved) => approved.plan(),
            Decision::Rejected { plan, .. } => plan,
        }
    }

    /// Whether something is wrong that no flag allows.
    pub fn is_invalid(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

impl Decision {
    /// Approval needs both: no guard refuses, and nothing is wrong.
    pub(crate) fn new(approval: Result<ApprovedPlan, (Plan, Vec<GuardViolation>)>, is_invalid: bool) -> Self {
        match approval {
            Ok(approved) if is_invalid => Self::Rejected {
                plan: approved.into_plan(),
                violations: Vec::new(),
            },
            Ok(approved) => Self::Approved(approved),
            Err((plan, violations)) => Self::Rejected { plan, violations },
        }
    }
}
