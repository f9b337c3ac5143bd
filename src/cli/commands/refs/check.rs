use std::sync::Arc;

use crate::Outcome;
use crate::args::{Global, InventoryArgs, ScopeArgs, StateArgs};
use crate::connection::connect;
use crate::documents::{self, Documents, is_error};
use crate::signals::unless_interrupted;
use crate::stop::{Done, Stop};
use crate::teller::Teller;
use crate::verify_options::read_verify_options;
use control_plane::{Clock, SystemClock};
use reconcile::{self, Proof, Proven};
use schema::Catalog;

/// Proves the references of state files without a plan; a control plane is asked only if one is given.
pub async fn run(global: &Global, args: &InventoryArgs, teller: &mut Teller) -> Done {
    let catalog = Catalog::recorded();
    let documents = read(global, &args.state, &args.scope, &catalog, teller);
    let proof = read_verify_options(global, &args.references, &args.state.paths(), &catalog, teller);
    let (Some(documents), Some(proof)) = (documents, proof) else {
        return Ok(Outcome::Invalid);
    };
    let (catalog, proven) = unless_interrupted(prove(global, &catalog, &documents, &proof)).await??;
    teller.diagnostics(&documents.desired.diagnostics, &documents.sources);
    let in_the_open = reconcile::check_material(&catalog, &documents.desired, SystemClock.now());
    let told = [proven.diagnostics, in_the_open].concat();
    teller.diagnostics(&told, &documents.sources);
    teller.references(&catalog, &documents.desired, &documents.sources, &proven.judged);
    Ok(match told.iter().any(is_error) {
        true => Outcome::Invalid,
        false => Outcome::Done,
    })
}

/// Reads state files. Whoever has no control plane, as a fork's pull request, may have no variables either.
pub fn read(
    global: &Global,
    state: &StateArgs,
    scope: &ScopeArgs,
    catalog: &Catalog,
    teller: &mut Teller,
) -> Option<Documents> {
    match global.names_control_plane() {
        true => documents::read(state, scope, catalog, teller),
        false => documents::read_offline(state, scope, catalog, teller),
    }
}

/// Proves what documents declare.
///
/// # Errors
/// The control plane cannot be read.
pub async fn prove(
    global: &Global,
    catalog: &Arc<Catalog>,
    documents: &Documents,
    proof: &Proof,
) -> Result<(Arc<Catalog>, Proven), Stop> {
    let desired = &documents.desired;
    if !global.names_control_plane() {
        let proven = reconcile::prove_offline(catalog, desired, proof, SystemClock.now()).await;
        return Ok((Arc::clone(catalog), proven));
    }
    let connection = connect(global, catalog)?;
    reconcile::prove_declared(&connection, catalog, desired, proof)
        .await
        .map_err(Stop::unread)
}
