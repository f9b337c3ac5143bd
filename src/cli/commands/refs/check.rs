use std::sync::Arc;

use crate::ExitStatus;
use crate::args::{GlobalArgs, InventoryArgs, ScopeArgs, StateArgs};
use crate::command_error::{CommandError, CommandResult};
use crate::connection::connect;
use crate::documents::{self, Documents, is_error};
use crate::reporter::Reporter;
use crate::signals::run_unless_interrupted;
use crate::verify_options::read_verify_options;
use control_plane::{Clock, SystemClock};
use reconcile::{self, Verification, VerifyOptions};
use schema::Catalog;

/// Proves the references of state files without a plan; a control plane is asked only if one is given.
pub async fn run(global: &GlobalArgs, args: &InventoryArgs, teller: &mut Reporter) -> CommandResult {
    let catalog = Catalog::recorded();
    let documents = read_documents(global, &args.state, &args.scope, &catalog, teller);
    let proof = read_verify_options(global, &args.references, &args.state.paths(), &catalog, teller);
    let (Some(documents), Some(proof)) = (documents, proof) else {
        return Ok(ExitStatus::InvalidInput);
    };
    let (catalog, proven) = run_unless_interrupted(verify_references(global, &catalog, &documents, &proof)).await??;
    teller.report_diagnostics(&documents.desired.diagnostics, &documents.sources);
    let in_the_open = reconcile::check_material(&catalog, &documents.desired, SystemClock.now());
    let told = [proven.diagnostics, in_the_open].concat();
    teller.report_diagnostics(&told, &documents.sources);
    teller.report_references(&catalog, &documents.desired, &documents.sources, &proven.assessments);
    Ok(match told.iter().any(is_error) {
        true => ExitStatus::InvalidInput,
        false => ExitStatus::Success,
    })
}

/// Reads state files. Whoever has no control plane, as a fork's pull request, may have no variables either.
pub fn read_documents(
    global: &GlobalArgs,
    state: &StateArgs,
    scope: &ScopeArgs,
    catalog: &Catalog,
    teller: &mut Reporter,
) -> Option<Documents> {
    match global.has_control_plane() {
        true => documents::read_and_report(state, scope, catalog, teller),
        false => documents::read_offline_and_report(state, scope, catalog, teller),
    }
}

/// Proves what documents declare.
///
/// # Errors
/// The control plane cannot be read.
pub async fn verify_references(
    global: &GlobalArgs,
    catalog: &Arc<Catalog>,
    documents: &Documents,
    proof: &VerifyOptions,
) -> Result<(Arc<Catalog>, Verification), CommandError> {
    let desired = &documents.desired;
    if !global.has_control_plane() {
        let proven = reconcile::verify_offline(catalog, desired, proof, SystemClock.now()).await;
        return Ok((Arc::clone(catalog), proven));
    }
    let connection = connect(global, catalog)?;
    reconcile::verify_declared(&connection, catalog, desired, proof)
        .await
        .map_err(CommandError::from_read_error)
}
