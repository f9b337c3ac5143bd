//! What to do: who is who, what changes, in which order, and whether it may.
//!
//! Everything here is pure. [`make`] is the pipeline of this layer.

mod after;
mod change;
mod compare;
mod conflict;
mod deletes;
mod draft;
mod equal;
mod fingerprint;
mod guard;
mod hashed;
mod key;
mod kin;
mod known;
mod links;
mod live;
mod made_up;
mod needs;
mod order;
mod pending;
mod problem;
mod question;
mod resolve;
mod rotate;
mod settle;
mod step;
mod title;
mod tree;
mod veil;
mod write_out;

use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use uuid::Uuid;

pub use after::{PlannedState, PlannedEntity, compute_planned_state};
pub use change::{Change, FieldChange, ChangedEntity};
pub use fingerprint::Fingerprinter;
pub use guard::{ApprovedPlan, Guards, DeleteLimit, GuardViolation};
pub use live::{ForeignEntity, LiveEntity, LiveState};
pub use needs::{MissingContext, find_missing_context};
pub use problem::{PlanError, PlanErrorKind};
pub use question::{PlanOptions, PlanInput};
pub use step::{StepAction, Phase, Step, StepId};
pub use tree::{PlanSecret, SecretOrigin, PlanValue};

use deletes::add_deletes;
use known::LiveIndex;
use order::schedule_drafts;
use schema::KindId;
use settle::{MatchResult, match_entities};
use state::DeclaredId;
use write_out::build_plan;
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
    /// What there is to tell, errors excepted.
    pub diagnostics: Vec<Diagnostic>,
}

/// Makes the whole plan, before anything is written. The only thing it takes from chance are the ids of new entities.
///
/// # Errors
/// Everything that is in the way, at once.
pub fn make_plan(question: &PlanInput<'_>, ids: &mut dyn FnMut() -> Uuid) -> Result<Plan, Vec<PlanError>> {
    let known = LiveIndex::new(question);
    let mut settled = match_entities(question, &known, ids);
    add_deletes(question, &known, &mut settled);
    let MatchResult {
        entity_ids: found,
        drafts,
        errors: mut problems,
        diagnostics: remarks,
        ..
    } = settled;
    let ordered = schedule_drafts(question, &known, &drafts, ids);
    match ordered {
        Ok(ordered) if problems.is_empty() => Ok(Plan {
            declared_by_id: Arc::new(index_declared(question, found)),
            diagnostics: remarks,
            ..build_plan(question, &known, &drafts, &ordered)
        }),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

fn index_declared(question: &PlanInput<'_>, found: Vec<Option<Uuid>>) -> FxHashMap<(KindId, Uuid), DeclaredId> {
    let entities = question.desired.entities.iter().zip(found).enumerate();
    let known = entities.filter_map(|(at, (declared, id))| Some(((declared.kind, id?), DeclaredId(at as u32))));
    let mut declared = FxHashMap::with_capacity_and_hasher(question.desired.entities.len(), FxBuildHasher);
    declared.extend(known);
    declared
}
