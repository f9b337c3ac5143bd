//! The flow of the program up to the consent: [`prepare`]. What follows is `apply::apply_plan`.
//!
//! Nothing here writes to a control plane, or prints.

mod compose;
mod entity_view;
mod inventory;
mod material;
mod requirements;
mod run;
mod snapshot;
mod validate;
mod vaults;
mod verify;

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

pub use compose::compose_parallel;
pub use inventory::{verify_declared, verify_live, verify_offline};
pub use run::{Decision, PrepareError, PreparedRun, RunOptions};
pub use snapshot::{PrefetchedSnapshot, Snapshot, read_all};
pub use validate::{check_material, check_offline, check_online};
pub use vaults::{declared_vaults, live_vaults, loaded_backends};
pub use verify::{DEFAULT_EXPIRY_DAYS, Verification, VerifyOptions};

use control_plane::{Client, Clock, Transport};
use plan::{Plan, PlanError, PlanInput};
use requirements::{forbidden_kinds_note, require_readable};
use schema::Catalog;
use state::{DeclaredId, DesiredState};
use verify::{VerifyContext, has_errors, verify_planned};
use yaml::Diagnostic;

/// Reads what is live, plans, and checks all that can be checked before a write. Of the entities outside the scopes only
/// what the plan needs is read: entities are matched, what that misses is read, and they are matched again.
///
/// # Errors
/// The control plane cannot be read, or there is no plan: then all that is wrong, at once.
pub async fn prepare<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    desired: &DesiredState,
    options: &RunOptions,
    prefetched: Option<PrefetchedSnapshot>,
) -> Result<PreparedRun, PrepareError> {
    let snapshot = snapshot::read_snapshot(client, recorded, desired, prefetched).await?;
    let Snapshot {
        node,
        catalog,
        mut live,
    } = snapshot;
    let now = client.clock().now();
    let matches = loop {
        match plan::match_entities(&options.plan_input(&catalog, desired, &live, now), &mut Uuid::new_v4) {
            Ok(matches) => break matches,
            Err(missing) => client.read_foreign(&catalog, &mut live, &missing).await?,
        }
    };
    require_readable(&catalog, desired, &live)?;

    let input = options.plan_input(&catalog, desired, &live, now);
    let plan = plan::make_plan(&input, matches, &mut Uuid::new_v4).map_err(|errors| collect_errors(errors, &input))?;
    let planned = plan::compute_planned_state(&live, &plan);
    let context = VerifyContext {
        catalog: &catalog,
        desired,
        planned: Some((&live, &plan, &planned)),
        now,
    };
    let verification = verify_planned(client, &catalog, &node, &context, &options.verify_options).await?;

    let diagnostics = [collect_diagnostics(&input, &plan), verification.diagnostics].concat();
    let approval = options.guards.approve(plan, &input, &planned);
    Ok(PreparedRun {
        node,
        assessments: verification.assessments,
        decision: Decision::new(approval, has_errors(&diagnostics)),
        diagnostics,
        catalog,
        live,
    })
}

/// What there is to report once there is a plan. What is live already and stays as it is was taken by the node: only what
/// the plan writes is checked.
fn collect_diagnostics(input: &PlanInput<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let changes = plan.changes.iter();
    let written: BTreeSet<DeclaredId> = changes.filter_map(|change| change.entity().declared).collect();
    let invalid = state::check_entities(input.catalog, input.desired, input.now, &|declared| {
        written.contains(&declared)
    });
    let forbidden = forbidden_kinds_note(input.catalog, input.live);
    [
        &input.desired.diagnostics[..],
        &plan.diagnostics,
        forbidden.as_slice(),
        &invalid,
    ]
    .concat()
}

/// Why there is no plan, and everything else that is wrong.
fn collect_errors(mut errors: Vec<PlanError>, input: &PlanInput<'_>) -> PrepareError {
    let invalid = state::check_entities(input.catalog, input.desired, input.now, &|_| true);
    errors.extend(invalid.into_iter().map(PlanError::invalid));
    PrepareError::Plan(errors)
}
