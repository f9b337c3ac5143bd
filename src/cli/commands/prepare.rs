use std::sync::Arc;

use crate::ExitStatus;
use crate::args::SyncArgs;
use crate::command_error::CommandError;
use crate::connection::Connection;
use crate::documents::Documents;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::skipped_kinds::skipped_kinds;
use plan::{Guards, PlanError, PlanErrorKind, PlanOptions};
use reconcile::{self, PrefetchedSnapshot, PrepareError, PreparedRun, RunOptions, VerifyOptions};
use schema::Catalog;
use yaml::Diagnostic;

/// What a run is asked for.
pub struct SyncRequest<'a> {
    /// Who is asked.
    pub connection: &'a Connection,
    /// What the files say.
    pub documents: &'a Documents,
    /// The options of `sync`.
    pub args: &'a SyncArgs,
    /// What it may delete.
    pub guards: Guards,
    /// What it goes by.
    pub resources: RunResources,
}

/// What a run goes by, and uses up.
pub struct RunResources {
    /// How references are proven.
    pub verify_options: VerifyOptions,
    /// What is being asked already.
    pub prefetched: Option<PrefetchedSnapshot>,
}

/// Plans and checks all that can be checked before a write, and tells what there is to tell.
///
/// # Errors
/// The control plane cannot be read, or somebody interrupted; how the run ends if there is no plan, told already.
pub async fn prepare_sync(
    catalog: &Arc<Catalog>,
    request: SyncRequest<'_>,
    teller: &mut Reporter,
) -> Result<Result<PreparedRun, ExitStatus>, CommandError> {
    let SyncRequest {
        connection,
        documents,
        args,
        guards,
        resources: RunResources {
            verify_options: proof,
            prefetched: early,
        },
    } = request;
    let options = RunOptions {
        plan_options: PlanOptions {
            no_delete: args.no_delete,
            skip: skipped_kinds(catalog, &args.scope.read)?,
        },
        guards,
        verify_options: proof,
        ..RunOptions::default()
    };
    let prepared = run_unless_interrupted(reconcile::prepare(
        connection,
        catalog,
        &documents.desired,
        &options,
        early,
    ))
    .await?;
    match prepared {
        Ok(prepared) => {
            let plan = prepared.plan();
            tracing::info!(
                declared = documents.desired.entities.len(),
                owned = prepared.live.owned.values().map(Vec::len).sum::<usize>(),
                changes = plan.changes.len(),
                steps = plan.steps.len(),
                "planned"
            );
            teller.report_diagnostics(&prepared.diagnostics, &documents.sources);
            teller.report_references(
                &prepared.catalog,
                &documents.desired,
                &documents.sources,
                &prepared.assessments,
            );
            Ok(Ok(prepared))
        }
        Err(PrepareError::Read(error)) => Err(CommandError::from_read_error(error)),
        Err(PrepareError::Plan(problems)) => {
            let told: Vec<Diagnostic> = problems.iter().map(|problem| problem.diagnostic.clone()).collect();
            teller.report_diagnostics(
                &[&documents.desired.diagnostics[..], &told].concat(),
                &documents.sources,
            );
            Ok(Err(exit_status_of_problems(&problems)))
        }
    }
}

fn exit_status_of_problems(problems: &[PlanError]) -> ExitStatus {
    let each = problems.iter().map(|problem| match problem.kind {
        PlanErrorKind::Invalid => ExitStatus::InvalidInput,
        PlanErrorKind::Conflict => ExitStatus::Refused,
    });
    each.max().unwrap_or(ExitStatus::InvalidInput)
}
