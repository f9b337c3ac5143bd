//! References without a plan: of state files, and of a whole control plane.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::requirements::schemas_for_state;
use super::snapshot::{Snapshot, read_all};
use super::vaults::{declared_vaults, find_in_other_workspaces, live_vaults};
use super::verify::{Verification, VerifyContext, VerifyOptions, verify_references};
use control_plane::{Client, Clock, ReadError, ReadScope, Transport};
use plan::{self, Plan};
use reference::{VaultEntity, Vaults};
use schema::Catalog;
use state::{DesiredState, Scope};

/// Proves the references that documents declare, by what is recorded of Kong. Vaults that no document declares may be the
/// control plane's.
pub async fn verify_offline(
    catalog: &Catalog,
    desired: &DesiredState,
    proof: &VerifyOptions,
    now: i64,
) -> Verification {
    let scene = VerifyContext {
        catalog,
        desired,
        planned: None,
        now,
    };
    verify_references(
        &scene,
        scene.find_references(),
        declared_vaults(catalog, desired),
        proof,
    )
    .await
}

/// Proves the references that documents declare, by the schemas and vaults of a control plane.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn verify_declared<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    desired: &DesiredState,
    proof: &VerifyOptions,
) -> Result<(Arc<Catalog>, Verification), ReadError> {
    let root = client.read_node_info().await?;
    let mut schemas = root.to_live_schemas();
    client
        .read_schemas(&schemas_for_state(recorded, desired), &mut schemas)
        .await?;
    let catalog = Arc::new(recorded.with_live_schemas(&schemas));
    let but_vaults = catalog.kinds().map(|(id, _)| id);
    let but_vaults = but_vaults
        .filter(|id| Some(*id) != catalog.find_kind("vaults"))
        .collect();
    let asked = ReadScope {
        scopes: vec![Scope { tags: BTreeSet::new() }],
        skipped_kinds: but_vaults,
        edition: root.edition,
    };
    let live = client.read_owned(&catalog, &asked).await?;

    let scene = VerifyContext {
        catalog: &catalog,
        desired,
        planned: None,
        now: client.clock().now(),
    };
    let uses = scene.find_references();
    let mut vaults = merge_vaults(declared_vaults(&catalog, desired), live_vaults(&catalog, &live));
    find_in_other_workspaces(client, &catalog, &root, &uses, &mut vaults).await?;
    let proven = verify_references(&scene, uses, vaults, proof).await;
    Ok((catalog, proven))
}

/// Proves the references that a control plane holds.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn verify_live<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    proof: &VerifyOptions,
) -> Result<(Arc<Catalog>, Verification), ReadError> {
    let Snapshot {
        node: root,
        catalog,
        live,
    } = read_all(client, recorded, Scope { tags: BTreeSet::new() }, BTreeSet::new()).await?;
    let (plan, desired) = (Plan::default(), DesiredState::default());
    let after = plan::compute_planned_state(&live, &plan);
    let scene = VerifyContext {
        catalog: &catalog,
        desired: &desired,
        planned: Some((&live, &plan, &after)),
        now: client.clock().now(),
    };
    let uses = scene.find_references();
    let mut vaults = live_vaults(&catalog, &live);
    find_in_other_workspaces(client, &catalog, &root, &uses, &mut vaults).await?;
    let proven = verify_references(&scene, uses, vaults, proof).await;
    Ok((catalog, proven))
}

/// The vaults of documents, and those of a control plane that no document declares: these are another's here.
fn merge_vaults(declared: Vaults, live: Vaults) -> Vaults {
    let mut vaults = Vaults {
        loaded_backends: live.loaded_backends,
        unloaded_backends: live.unloaded_backends,
        is_complete: live.is_complete,
        without_control_plane: false,
        ..declared
    };
    for theirs in live.entities {
        let ours = vaults.entities.iter_mut().find(|ours| ours.prefix == theirs.prefix);
        match ours {
            Some(ours) if ours.backend == theirs.backend => ours.live_config = Some(theirs.config),
            Some(_) => {}
            None => vaults.entities.push(VaultEntity { owned: false, ..theirs }),
        }
    }
    vaults
}
