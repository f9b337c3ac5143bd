use std::mem::ManuallyDrop;

use crate::ExitStatus;
use crate::args::SyncArgs;
use crate::command_error::CommandError;
use crate::documents::Documents;
use crate::reporter::Reporter;
use crate::skipped_kinds::skipped_kinds;
use plan::{PlanError, PlanErrorKind, PlanOptions};
use reconcile::{PrepareError, PreparedRun, RunOptions, VerifyOptions};
use schema::Catalog;
use state::DesiredState;
use yaml::Diagnostic;

/// The options that `sync` and `diff` hand to [`reconcile::prepare`].
///
/// # Errors
/// Flags that leave out every kind.
pub(super) fn run_options(
    args: &SyncArgs,
    catalog: &Catalog,
    verify_options: VerifyOptions,
) -> Result<RunOptions, CommandError> {
    Ok(RunOptions {
        plan_options: PlanOptions {
            no_delete: args.no_delete,
            skip: skipped_kinds(catalog, &args.scope.read)?,
        },
        guards: args.guards.guards(),
        verify_options,
        ..RunOptions::default()
    })
}

/// Reports what [`reconcile::prepare`] found out: diagnostics and references, or why there is no plan. The run is not
/// dropped: the program ends with it.
///
/// # Errors
/// There is no plan.
pub(super) fn report_preparation(
    result: Result<PreparedRun, PrepareError>,
    documents: &Documents,
    reporter: &mut Reporter,
) -> Result<ManuallyDrop<PreparedRun>, CommandError> {
    let Documents { sources, desired } = documents;
    match result {
        Ok(prepared) => {
            log_plan(&prepared, desired);
            reporter.report_diagnostics(&prepared.diagnostics, sources);
            reporter.report_references(&prepared.catalog, desired, sources, &prepared.assessments);
            Ok(ManuallyDrop::new(prepared))
        }
        Err(PrepareError::Read(error)) => Err(CommandError::from_read_error(error)),
        Err(PrepareError::Plan(errors)) => {
            let diagnostics: Vec<Diagnostic> = errors.iter().map(|error| error.diagnostic.clone()).collect();
            reporter.report_diagnostics(&[&desired.diagnostics[..], &diagnostics].concat(), sources);
            Err(CommandError::AlreadyReported(exit_status_of_plan_errors(&errors)))
        }
    }
}

fn log_plan(prepared: &PreparedRun, desired: &DesiredState) {
    let plan = prepared.plan();
    tracing::info!(
        declared = desired.entities.len(),
        owned = prepared.live.owned.values().map(Vec::len).sum::<usize>(),
        changes = plan.changes.len(),
        steps = plan.steps.len(),
        "planned"
    );
}

fn exit_status_of_plan_errors(errors: &[PlanError]) -> ExitStatus {
    let statuses = errors.iter().map(|error| match error.kind {
        PlanErrorKind::Invalid => ExitStatus::InvalidInput,
        PlanErrorKind::Conflict => ExitStatus::Refused,
    });
    statuses.max().unwrap_or(ExitStatus::InvalidInput)
}
