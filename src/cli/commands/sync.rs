use super::prepare::{report_preparation, run_options};
use super::run_inputs::{RunInputs, read_inputs};
use super::{RunCommand, block_on};
use crate::ExitStatus;
use crate::args::{GlobalArgs, SyncArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::connection::Connection;
use crate::documents::Documents;
use crate::output_mode::OutputMode;
use crate::progress::Progress;
use crate::report::{ApplyReport, collect_entity_names};
use crate::reporter::Reporter;
use crate::signals::{cancel_on_signal, run_unless_interrupted};
use apply::{ApplyOutcome, ChangeOutcome, HaltReason};
use plan::{ApprovedPlan, GuardViolation, Plan};
use reconcile::{Decision, PreparedRun};
use schema::Catalog;

impl RunCommand for SyncArgs {
    fn output_mode(&self) -> OutputMode {
        self.output.mode()
    }

    /// Brings the control plane to what the files say.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(sync(global, &self, reporter))
    }
}

async fn sync(global: &GlobalArgs, args: &SyncArgs, reporter: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let RunInputs {
        documents,
        verify_options,
        connection,
        prefetched,
    } = read_inputs(global, args, &catalog, reporter).await?;
    let options = run_options(args, &catalog, verify_options)?;
    let prepared = run_unless_interrupted(reconcile::prepare(
        &connection,
        &catalog,
        &documents.desired,
        &options,
        prefetched,
    ))
    .await?;
    let prepared = report_preparation(prepared, &documents, reporter)?;
    apply_if_approved(&connection, &documents, &prepared, reporter).await
}

/// Carries out a plan that is approved; reports why one is not.
pub(super) async fn apply_if_approved(
    connection: &Connection,
    documents: &Documents,
    prepared: &PreparedRun,
    reporter: &mut Reporter,
) -> CommandResult {
    match &prepared.decision {
        Decision::Approved(approved) => apply_plan(connection, documents, prepared, approved, reporter).await,
        Decision::Rejected { plan, violations } => reject_plan(prepared, plan, violations, reporter),
    }
}

fn reject_plan(
    prepared: &PreparedRun,
    plan: &Plan,
    violations: &[GuardViolation],
    reporter: &mut Reporter,
) -> CommandResult {
    let names = collect_entity_names(&prepared.catalog, &prepared.live, plan);
    reporter.report_withheld_plan(&prepared.catalog, plan, &names, violations)?;
    let is_invalid = prepared.is_invalid() || violations.is_empty();
    Err(CommandError::AlreadyReported(match is_invalid {
        true => ExitStatus::InvalidInput,
        false => ExitStatus::Refused,
    }))
}

async fn apply_plan(
    connection: &Connection,
    documents: &Documents,
    prepared: &PreparedRun,
    approved: &ApprovedPlan,
    reporter: &mut Reporter,
) -> CommandResult {
    let plan = approved.plan();
    let names = collect_entity_names(&prepared.catalog, &prepared.live, plan);
    reporter.report_plan(&prepared.catalog, plan)?;
    let progress = Progress::new(plan, reporter.is_text());
    let cancel = cancel_on_signal();
    let outcome = apply::apply_plan(approved, &prepared.catalog, connection, &progress, &cancel).await;
    progress.finish();
    let changes = outcome.change_outcomes(plan);
    let printed = reporter.report_summary(&prepared.catalog, plan, &names, |at| changes[at] == ChangeOutcome::Done);
    let report = ApplyReport {
        catalog: &prepared.catalog,
        desired: &documents.desired,
        plan,
        outcome: &outcome,
    };
    reporter.report_apply(&report, &documents.sources);
    check_outcome(plan, &outcome)?;
    printed?;
    Ok(CommandSuccess::Done)
}

fn check_outcome(plan: &Plan, outcome: &ApplyOutcome) -> Result<(), CommandError> {
    debug_assert_eq!(plan.steps.len(), outcome.steps.len());
    let status = if outcome.halt_reason == Some(HaltReason::Cancelled) {
        ExitStatus::Interrupted
    } else if outcome.is_complete() {
        return Ok(());
    } else if outcome.may_have_written() {
        ExitStatus::PartiallyApplied
    } else {
        ExitStatus::Failed
    };
    Err(CommandError::AlreadyReported(status))
}
