use std::mem::ManuallyDrop;

use super::prepare::prepare_sync;
use super::start::start_run;
use crate::ExitStatus;
use crate::args::{DiffArgs, GlobalArgs};
use crate::command_error::CommandResult;
use crate::report::collect_entity_names;
use crate::reporter::Reporter;
use reconcile::{Decision, PreparedRun};
use schema::Catalog;

/// Shows what `sync` would do, and ends as it would where it would be refused.
pub async fn run(global: &GlobalArgs, args: &DiffArgs, teller: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let Some((begun, terms)) = start_run(global, &args.sync, &catalog, teller).await? else {
        return Ok(ExitStatus::InvalidInput);
    };
    match prepare_sync(&catalog, begun.sync_request(&args.sync, terms), teller).await? {
        Ok(prepared) => report_diff(&ManuallyDrop::new(prepared), args.non_zero_exit_code, teller),
        Err(outcome) => Ok(outcome),
    }
}

fn report_diff(prepared: &PreparedRun, non_zero_exit_code: bool, teller: &mut Reporter) -> CommandResult {
    let plan = prepared.plan();
    let names = collect_entity_names(&prepared.catalog, &prepared.live, plan);
    teller.report_plan(&prepared.catalog, plan)?;
    teller.report_summary(&prepared.catalog, plan, &names, |_| true)?;
    let mut outcome = ExitStatus::Success;
    if non_zero_exit_code && !plan.changes.is_empty() {
        outcome = ExitStatus::ChangesPending;
    }
    if let Decision::Rejected {
        violations: refusals, ..
    } = &prepared.decision
        && !refusals.is_empty()
    {
        teller.report_guard_violations(refusals);
        outcome = outcome.max(ExitStatus::Refused);
    }
    if prepared.is_invalid() {
        outcome = outcome.max(ExitStatus::InvalidInput);
    }
    Ok(outcome)
}
