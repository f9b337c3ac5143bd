//! The flow of the program as one function, up to the consent: what follows is the crate `apply`.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use control_plane::{Client, Clock, NodeInfo, ReadError, Transport};
use plan::LiveState;
use plan::{self, Approved, Fingerprinter, Guards, Options, Plan, Problem, Question, Refusal};
use reference::{Assessment, Vaults};
use schema::Catalog;
use state::{self, DeclaredId, DesiredState};
use yaml::{Diagnostic, Severity};

mod asked;
mod compose;
mod holder;
mod inventory;
mod material;
mod references;
mod survey;
mod validate;
mod vaults;

pub use compose::compose;
pub use inventory::{prove_declared, prove_live, prove_offline};
pub use references::{EXPIRY_DAYS, Proof, Proven, Scene};
pub use survey::{Early, Survey, survey_held};
pub use validate::{check_material, check_offline, check_online};
pub use vaults::{backends, declared_vaults, live_vaults};

/// What a run is to do.
pub struct Job<'a> {
    /// What the documents say.
    pub desired: &'a DesiredState,
    /// What is left alone.
    pub options: Options,
    /// What is allowed.
    pub guards: Guards,
    /// How references are proven.
    pub references: Proof,
    /// Hides secrets behind fingerprints that are good for this run.
    pub fingerprinter: Fingerprinter,
}

/// All that is known before the first write.
pub struct Prepared {
    /// Who was asked.
    pub root: NodeInfo,
    /// What exists there.
    pub catalog: Arc<Catalog>,
    /// What it holds.
    pub live: LiveState,
    /// What is known of the references that will stand.
    pub references: Vec<Assessment>,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan, and whether it may be carried out.
    pub decision: Decision,
}

/// Whether a plan may be carried out.
pub enum Decision {
    /// It may.
    Approved(Approved),
    /// It may not.
    Withheld {
        /// The plan, to be shown.
        plan: Plan,
        /// What a guard refuses: none, if the only reason is an error among the diagnostics.
        refusals: Vec<Refusal>,
    },
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The control plane could not be read.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// What the documents say cannot be done.
    #[error("{} problems", .0.len())]
    Problems(Vec<Problem>),
}

impl Prepared {
    /// The plan, approved or not.
    pub fn plan(&self) -> &Plan {
        match &self.decision {
            Decision::Approved(approved) => approved.plan(),
            Decision::Withheld { plan, .. } => plan,
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
    job: &Job<'_>,
    early: Option<Early>,
) -> Result<Prepared, Failure> {
    let survey = survey::survey_for(client, recorded, job.desired, early).await?;
    let Survey {
        root,
        catalog,
        mut live,
    } = survey;
    let now = client.clock().now();
    let unplanned = question(job, &catalog, &live, now);
    let needs = match job.references.asks_foreign() {
        true => plan::needs(&unplanned).with_referrers(&unplanned),
        false => plan::needs(&unplanned),
    };
    client.read_foreign(&catalog, &mut live, &needs).await?;
    if let Some(path) = asked::declared_but_forbidden(&catalog, job.desired, &live) {
        return Err(Failure::Unread(ReadError::Forbidden { path }));
    }

    let question = question(job, &catalog, &live, now);
    let plan = plan::make(&question, &mut Uuid::new_v4).map_err(|problems| all_problems(problems, &question))?;
    let after = plan::after(&live, &plan);
    let scene = Scene {
        catalog: &catalog,
        desired: job.desired,
        planned: Some((&live, &plan, &after)),
        now,
    };
    let uses = scene.uses();
    let mut known = match uses.is_empty() && plan.changes.is_empty() {
        true => Vaults::default(),
        false => vaults::vaults(&catalog, job.desired, &live, &after),
    };
    vaults::seek_elsewhere(client, &catalog, &root, &uses, &mut known).await?;
    let proven = references::prove(&scene, uses, known, &job.references).await;
    let diagnostics = [diagnostics(&question, &plan), proven.diagnostics].concat();
    let decision = decide(job.guards.approve(plan, &question, &after), has_errors(&diagnostics));
    Ok(Prepared {
        root,
        references: proven.judged,
        diagnostics,
        decision,
        catalog,
        live,
    })
}

/// Consent needs both: no guard refuses, and nothing is wrong.
fn decide(approval: Result<Approved, (Plan, Vec<Refusal>)>, invalid: bool) -> Decision {
    match approval {
        Ok(approved) if invalid => Decision::Withheld {
            plan: approved.into_plan(),
            refusals: Vec::new(),
        },
        Ok(approved) => Decision::Approved(approved),
        Err((plan, refusals)) => Decision::Withheld { plan, refusals },
    }
}

fn question<'a>(job: &'a Job<'_>, catalog: &'a Catalog, live: &'a LiveState, now: i64) -> Question<'a> {
    let Job {
        desired,
        options,
        fingerprinter,
        ..
    } = job;
    Question {
        catalog,
        desired,
        live,
        options,
        fingerprinter,
        now,
    }
}

/// What there is to tell once there is a plan. What is live already and stays as it is was taken by the node: only what
/// the plan writes is checked.
fn diagnostics(question: &Question<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let written: BTreeSet<DeclaredId> = plan
        .changes
        .iter()
        .filter_map(|change| change.subject().declared)
        .collect();
    let invalid = state::check_entities(question.catalog, question.desired, question.now, &|declared| {
        written.contains(&declared)
    });
    let unseen = asked::unseen(question.catalog, question.live);
    [
        &question.desired.diagnostics[..],
        &plan.remarks,
        unseen.as_slice(),
        &invalid,
    ]
    .concat()
}

/// Why there is no plan, and everything else that is wrong.
fn all_problems(mut problems: Vec<Problem>, question: &Question<'_>) -> Failure {
    let invalid = state::check_entities(question.catalog, question.desired, question.now, &|_| true);
    problems.extend(invalid.into_iter().map(Problem::invalid));
    Failure::Problems(problems)
}
