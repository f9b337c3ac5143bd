use std::sync::Arc;

use crate::ExitStatus;
use crate::args::{GlobalArgs, InventoryArgs, ScopeArgs, StateArgs};
use crate::command_error::{CommandError, CommandResult, CommandSuccess};
use crate::commands::{RunCommand, block_on};
use crate::connection::connect;
use crate::documents::{self, Documents, fail_on_errors};
use crate::output_mode::OutputMode;
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use control_plane::{Clock, SystemClock};
use reconcile::{Verification, VerifyOptions};
use schema::Catalog;

pub(in crate::commands) struct CheckReferences(pub(in crate::commands) InventoryArgs);

impl RunCommand for CheckReferences {
    fn output_mode(&self) -> OutputMode {
        OutputMode::for_references(self.0.json_output)
    }

    /// Proves the references of state files without a plan; a control plane is asked only if one is given.
    fn run(self, global: &GlobalArgs, reporter: &mut Reporter) -> CommandResult {
        block_on(check(global, &self.0, reporter))
    }
}

async fn check(global: &GlobalArgs, args: &InventoryArgs, reporter: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let documents = read_documents(global, &args.state, &args.scope, &catalog, reporter);
    let options = read_verify_options(global, &args.references, &args.state.paths(), &catalog, reporter);
    let (documents, options) = documents
        .zip(options)
        .ok_or(CommandError::AlreadyReported(ExitStatus::InvalidInput))?;
    let verification = verify_references(global, &catalog, &documents, &options);
    let (catalog, verification) = run_unless_interrupted(verification).await??;
    let Documents { sources, desired } = &documents;
    reporter.report_diagnostics(&desired.diagnostics, sources);
    let material = reconcile::check_material(&catalog, desired, SystemClock.now());
    let diagnostics = [verification.diagnostics, material].concat();
    reporter.report_diagnostics(&diagnostics, sources);
    reporter.report_references(&catalog, desired, sources, &verification.assessments);
    fail_on_errors(&diagnostics)?;
    Ok(CommandSuccess::Done)
}

/// Reads state files; without a control plane, as of a fork's pull request, variables may be unset.
pub(super) fn read_documents(
    global: &GlobalArgs,
    state: &StateArgs,
    scope: &ScopeArgs,
    catalog: &Catalog,
    reporter: &mut Reporter,
) -> Option<Documents> {
    match global.has_control_plane() {
        true => documents::read_and_report(state, scope, catalog, reporter),
        false => documents::read_offline_and_report(state, scope, catalog, reporter),
    }
}

/// Verifies the references that documents declare.
///
/// # Errors
/// The control plane cannot be read.
pub(super) async fn verify_references(
    global: &GlobalArgs,
    catalog: &Arc<Catalog>,
    documents: &Documents,
    options: &VerifyOptions,
) -> Result<(Arc<Catalog>, Verification), CommandError> {
    let desired = &documents.desired;
    if !global.has_control_plane() {
        let verification = reconcile::verify_offline(catalog, desired, options, SystemClock.now()).await;
        return Ok((Arc::clone(catalog), verification));
    }
    let connection = connect(global, catalog)?;
    reconcile::verify_declared(&connection, catalog, desired, options)
        .await
        .map_err(CommandError::from_read_error)
}
