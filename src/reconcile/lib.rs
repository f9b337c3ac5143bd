//! The flow of the program as one function, up to the consent: what follows is [`apply::run`].

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use control_plane::{Client, Clock, NodeInfo, ReadError, Transport};
use plan::LiveState;
use plan::{self, ApprovedPlan, Fingerprinter, GuardViolation, Guards, Plan, PlanError, PlanInput, PlanOptions};
use reference::{Assessment, Vaults};
use schema::Catalog;
use state::{self, DeclaredId, DesiredState};
use yaml::{Diagnostic, Severity};

mod compose;
mod entity_view;
mod inventory;
mod material;
mod requirements;
mod snapshot;
mod validate;
mod vaults;
mod verify;

pub use compose::compose_parallel;
pub use inventory::{verify_declared, verify_live, verify_offline};
pub use snapshot::{PrefetchedSnapshot, Snapshot, read_all};
pub use validate::{check_material, check_offline, check_online};
pub use vaults::{declared_vaults, live_vaults, loaded_backends};
pub use verify::{DEFAULT_EXPIRY_DAYS, Verification, VerifyContext, VerifyOptions};

/// What a run is to do.
pub struct RunOptions<'a> {
    /// What the documents say.
    pub desired: &'a DesiredState,
    /// What is left alone.
    pub plan_options: PlanOptions,
    /// What is allowed.
    pub guards: Guards,
    /// How references are proven.
    pub verify_options: VerifyOptions,
    /// Hides secrets behind fingerprints that are good for this run.
    pub fingerprinter: Fingerprinter,
}

/// All that is known before the first write.
pub struct PreparedRun {
    /// Who was asked.
    pub node: NodeInfo,
    /// What exists there.
    pub catalog: Arc<Catalog>,
    /// What it holds.
    pub live: LiveState,
    /// What is known of the references that will stand.
    pub assessments: Vec<Assessment>,
    /// What there is to tell.
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

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Reads what is live (or goes on with what began early), plans, and checks all that can be checked before a write.
///
/// # Errors
/// The control plane cannot be read, or there is no plan: then all that is wrong, at once.
pub async fn prepare<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    job: &RunOptions<'_>,
    early: Option<PrefetchedSnapshot>,
) -> Result<PreparedRun, PrepareError> {
    let survey = snapshot::read_snapshot(client, recorded, job.desired, early).await?;
    let Snapshot {
        node: root,
        catalog,
        mut live,
    } = survey;
    let now = client.clock().now();
    let matches = loop {
        match plan::match_entities(&plan_input(job, &catalog, &live, now), &mut Uuid::new_v4) {
            Ok(matches) => break matches,
            Err(missing) => client.read_foreign(&catalog, &mut live, &missing).await?,
        }
    };
    if let Some(path) = requirements::find_forbidden_path(&catalog, job.desired, &live) {
        return Err(PrepareError::Read(ReadError::Forbidden { path }));
    }

    let question = plan_input(job, &catalog, &live, now);
    let plan = plan::make_plan(&question, matches, &mut Uuid::new_v4)
        .map_err(|problems| collect_errors(problems, &question))?;
    let after = plan::compute_planned_state(&live, &plan);
    let scene = VerifyContext {
        catalog: &catalog,
        desired: job.desired,
        planned: Some((&live, &plan, &after)),
        now,
    };
    let uses = scene.find_references();
    let mut known = match uses.is_empty() && plan.changes.is_empty() {
        true => Vaults::default(),
        false => vaults::planned_vaults(&catalog, job.desired, &live, &after),
    };
    vaults::find_in_other_workspaces(client, &catalog, &root, &uses, &mut known).await?;
    let proven = verify::verify_references(&scene, uses, known, &job.verify_options).await;
    let diagnostics = [collect_diagnostics(&question, &plan), proven.diagnostics].concat();
    let decision = decide(job.guards.approve(plan, &question, &after), has_errors(&diagnostics));
    Ok(PreparedRun {
        node: root,
        assessments: proven.assessments,
        diagnostics,
        decision,
        catalog,
        live,
    })
}

/// Consent needs both: no guard refuses, and nothing is wrong.
fn decide(approval: Result<ApprovedPlan, (Plan, Vec<GuardViolation>)>, invalid: bool) -> Decision {
    match approval {
        Ok(approved) if invalid => Decision::Rejected {
            plan: approved.into_plan(),
            violations: Vec::new(),
        },
        Ok(approved) => Decision::Approved(approved),
        Err((plan, refusals)) => Decision::Rejected {
            plan,
            violations: refusals,
        },
    }
}

fn plan_input<'a>(job: &'a RunOptions<'_>, catalog: &'a Catalog, live: &'a LiveState, now: i64) -> PlanInput<'a> {
    let RunOptions {
        desired,
        plan_options: options,
        fingerprinter,
        ..
    } = job;
    PlanInput {
        catalog,
        desired,
        live,
        options,
        fingerprinter,
        foreign_references: job.verify_options.includes_foreign(),
        now,
    }
}

/// What there is to tell once there is a plan. What is live already and stays as it is was taken by the node: only what
/// the plan writes is checked.
fn collect_diagnostics(question: &PlanInput<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let written: BTreeSet<DeclaredId> = plan
        .changes
        .iter()
        .filter_map(|change| change.entity().declared)
        .collect();
    let invalid = state::check_entities(question.catalog, question.desired, question.now, &|declared| {
        written.contains(&declared)
    });
    let unseen = requirements::forbidden_kinds_note(question.catalog, question.live);
    [
        &question.desired.diagnostics[..],
        &plan.diagnostics,
        unseen.as_slice(),
        &invalid,
    ]
    .concat()
}

/// Why there is no plan, and everything else that is wrong.
fn collect_errors(mut problems: Vec<PlanError>, question: &PlanInput<'_>) -> PrepareError {
    let invalid = state::check_entities(question.catalog, question.desired, question.now, &|_| true);
    problems.extend(invalid.into_iter().map(PlanError::invalid));
    PrepareError::Plan(problems)
}
