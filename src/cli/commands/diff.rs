use super::prepare::{report_preparation, run_options};
use super::run_inputs::{RunInputs, read_inputs};
use super::{RunCommand, block_on};
use crate::ExitStatus;
use crate::args::{DiffArgs, GlobalArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::output_mode::OutputMode;
use crate::report::collect_entity_names;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use plan::GuardViolation;
use reconcile::{Decision, PreparedRun};
use schema::Catalog;

impl RunCommand for DiffArgs {
    fn output_mode(&self) -> OutputMode {
        self.sync.output.mode()
    }

    /// Shows what `sync` would do, and fails as it would.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(diff(global, &self, reporter))
    }
}

async fn diff(global: &GlobalArgs, args: &DiffArgs, reporter: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let RunInputs {
        documents,
        verify_options,
        connection,
        prefetched,
    } = read_inputs(global, &args.sync, &catalog, reporter).await?;
    let options = run_options(&args.sync, &catalog, verify_options)?;
    let prepared = run_unless_interrupted(reconcile::prepare(
        &connection,
        &catalog,
        &documents.desired,
        &options,
        prefetched,
    ))
    .await?;
    let prepared = report_preparation(prepared, &documents, reporter)?;
    report_diff(&prepared, args.non_zero_exit_code, reporter)
}

fn report_diff(prepared: &PreparedRun, non_zero_exit_code: bool, reporter: &mut Reporter) -> CommandResult {
    let plan = prepared.plan();
    let names = collect_entity_names(&prepared.catalog, &prepared.live, plan);
    reporter.report_plan(&prepared.catalog, plan)?;
    reporter.report_summary(&prepared.catalog, plan, &names, |_| true)?;
    let violations = guard_violations(&prepared.decision);
    if !violations.is_empty() {
        reporter.report_guard_violations(violations);
    }
    if prepared.is_invalid() {
        Err(CommandError::AlreadyReported(ExitStatus::InvalidInput))
    } else if !violations.is_empty() {
        Err(CommandError::AlreadyReported(ExitStatus::Refused))
    } else if non_zero_exit_code && !plan.changes.is_empty() {
        Ok(CommandSuccess::ChangesPending)
    } else {
        Ok(CommandSuccess::Done)
    }
}

fn guard_violations(decision: &Decision) -> &[GuardViolation] {
    match decision {
        Decision::Approved(_) => &[],
        Decision::Rejected { violations, .. } => violations,
    }
}
