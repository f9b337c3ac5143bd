//! What to do: who is who, what changes, in which order, and whether it may.
//!
//! Everything here is pure. [`make`] is the pipeline of this layer.

mod builder;
mod deletes;
mod diff;
mod draft;
mod error;
mod fingerprint;
mod guard;
mod hashed;
mod input;
mod key;
mod kin;
mod links;
mod live;
mod live_index;
mod made_up;
mod match_equal;
mod match_rotated;
mod matching;
mod missing_context;
mod pending;
mod plan;
mod planned_state;
mod problem;
mod redact;
mod resolve;
mod schedule;
mod step;
mod title;
mod value;

use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use uuid::Uuid;

pub use fingerprint::Fingerprinter;
pub use guard::{ApprovedPlan, DeleteLimit, GuardViolation, Guards};
pub use input::{PlanInput, PlanOptions};
pub use live::{ForeignEntity, LiveEntity, LiveState};
pub use missing_context::{MissingContext, find_missing_context};
pub use plan::{Change, ChangedEntity, FieldChange};
pub use planned_state::{PlannedEntity, PlannedState, compute_planned_state};
pub use problem::{PlanError, PlanErrorKind};
pub use step::{Phase, Step, StepAction, StepId};
pub use value::{PlanSecret, PlanValue, SecretOrigin};

use builder::build_plan;
use deletes::add_deletes;
use live_index::LiveIndex;
use matching::{MatchResult, match_entities};
use schedule::schedule_drafts;
use schema::KindId;
use state::DeclaredId;
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
