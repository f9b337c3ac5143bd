//! The planner: which entity is which, what changes, in which order, and whether it may.
//!
//! Everything here is pure: [`match_entities`], then [`make_plan`].

mod builder;
mod delete_limit;
mod deletes;
mod diff;
mod draft;
mod error;
mod guard;
mod input;
mod key;
mod live;
mod live_index;
mod matching;
mod name;
mod plan;
mod planned_state;
mod redact;
mod schedule;
mod value;

use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use uuid::Uuid;

pub use error::{PlanError, PlanErrorKind};
pub use guard::{ApprovedPlan, DeleteLimit, GuardViolation, Guards};
pub use input::{PlanInput, PlanOptions};
pub use live::{ForeignEntity, LiveEntity, LiveState};
pub use matching::{EntityMatches, MissingContext, match_entities};
pub use name::{EntityName, ParentName, own_name};
pub use plan::{Change, ChangedEntity, FieldChange, Phase, Plan, Step, StepAction, StepId};
pub use planned_state::{PlannedEntity, PlannedState, compute_planned_state};
pub use value::{Fingerprinter, PlanSecret, PlanValue, SecretOrigin};

use builder::build_plan;
use deletes::draft_deletes;
use diff::diff_matches;
use schedule::schedule_drafts;
use schema::KindId;
use state::DeclaredId;

/// Makes the whole plan, before anything is written. The only thing it takes from chance are the ids of new entities.
///
/// # Errors
/// Everything that is in the way, at once.
pub fn make_plan<'a>(
    input: &PlanInput<'a>,
    mut matches: EntityMatches<'a>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Plan, Vec<PlanError>> {
    let mut drafts = diff_matches(input, &mut matches);
    drafts.extend(draft_deletes(input, &mut matches));
    let schedule = schedule_drafts(input, &matches.live, &drafts, new_id);
    match schedule {
        Ok(schedule) if matches.errors.is_empty() => Ok(Plan {
            declared_by_id: Arc::new(index_declared(input, matches.entity_ids)),
            diagnostics: matches.diagnostics,
            ..build_plan(input, &matches.live, &drafts, &schedule)
        }),
        Ok(_) => Err(matches.errors),
        Err(cycles) => Err([matches.errors, cycles].concat()),
    }
}

fn index_declared(input: &PlanInput<'_>, ids: Vec<Option<Uuid>>) -> FxHashMap<(KindId, Uuid), DeclaredId> {
    let entities = (0..).map(DeclaredId).zip(&input.desired.entities).zip(ids);
    let identified = entities.filter_map(|((at, declared), id)| Some(((declared.kind, id?), at)));
    let mut declared_by_id = FxHashMap::with_capacity_and_hasher(input.desired.entities.len(), FxBuildHasher);
    declared_by_id.extend(identified);
    declared_by_id
}
