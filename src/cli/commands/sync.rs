use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::prepare::{SyncRequest, prepare_sync};
use super::start::start_run;
use crate::ExitStatus;
use crate::args::{GlobalArgs, SyncArgs};
use crate::command_error::CommandResult;
use crate::connection::Connection;
use crate::documents::Documents;
use crate::progress::Progress;
use crate::report::{ApplyReport, collect_entity_names};
use crate::reporter::Reporter;
use crate::signals::cancel_on_signal;
use apply::{self, ApplyOutcome, ChangeOutcome, HaltReason};
use plan::{ApprovedPlan, Plan};
use reconcile::{Decision, PreparedRun};
use schema::Catalog;

/// Brings the control plane to what the files say.
pub async fn run(global: &GlobalArgs, args: &SyncArgs, teller: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let Some((begun, terms)) = start_run(global, args, &catalog, teller).await? else {
        return Ok(ExitStatus::InvalidInput);
    };
    plan_and_apply(&catalog, begun.sync_request(args, terms), teller).await
}

/// Plans, asks for consent, and carries it out.
pub(super) async fn plan_and_apply(
    catalog: &Arc<Catalog>,
    request: SyncRequest<'_>,
    teller: &mut Reporter,
) -> CommandResult {
    let SyncRequest {
        connection, documents, ..
    } = request;
    let prepared = match prepare_sync(catalog, request, teller).await? {
        Ok(prepared) => ManuallyDrop::new(prepared),
        Err(outcome) => return Ok(outcome),
    };
    match &prepared.decision {
        Decision::Approved(approved) => apply_plan(connection, documents, &prepared, approved, teller).await,
        Decision::Rejected {
            plan,
            violations: refusals,
        } => {
            let names = collect_entity_names(&prepared.catalog, &prepared.live, plan);
            teller.report_withheld_plan(&prepared.catalog, plan, &names, refusals)?;
            let invalid = prepared.is_invalid() || refusals.is_empty();
            Ok(if invalid {
                ExitStatus::InvalidInput
            } else {
                ExitStatus::Refused
            })
        }
    }
}

async fn apply_plan(
    connection: &Connection,
    documents: &Documents,
    prepared: &PreparedRun,
    approved: &ApprovedPlan,
    teller: &mut Reporter,
) -> CommandResult {
    let plan = approved.plan();
    let names = collect_entity_names(&prepared.catalog, &prepared.live, plan);
    teller.report_plan(&prepared.catalog, plan)?;
    let progress = Progress::new(plan, teller.is_text());
    let stop = cancel_on_signal();
    let account = apply::apply_plan(approved, &prepared.catalog, connection, &progress, &stop).await;
    progress.finish();
    let ends = account.change_outcomes(plan);
    let printed = teller.report_summary(&prepared.catalog, plan, &names, |at| ends[at] == ChangeOutcome::Done);
    let told = ApplyReport {
        catalog: &prepared.catalog,
        desired: &documents.desired,
        plan,
        account: &account,
    };
    teller.report_apply(&told, &documents.sources);
    let outcome = exit_status_of_apply(plan, &account);
    Ok(if printed.is_err() {
        outcome.max(ExitStatus::Failed)
    } else {
        outcome
    })
}

fn exit_status_of_apply(plan: &Plan, account: &ApplyOutcome) -> ExitStatus {
    debug_assert_eq!(plan.steps.len(), account.steps.len());
    if account.halt_reason == Some(HaltReason::Cancelled) {
        ExitStatus::Interrupted
    } else if account.is_complete() {
        ExitStatus::Success
    } else if account.may_have_written() {
        ExitStatus::PartiallyApplied
    } else {
        ExitStatus::Failed
    }
}
