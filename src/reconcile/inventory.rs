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

/// Verifies the references that documents declare, by what is recorded of Kong. Vaults that no document declares may be the
/// control plane's.
pub async fn verify_offline(
    catalog: &Catalog,
    desired: &DesiredState,
    options: &VerifyOptions,
    now: i64,
) -> Verification {
    let context = VerifyContext {
        catalog,
        desired,
        planned: None,
        now,
    };
    verify_references(
        &context,
        context.find_references(),
        declared_vaults(catalog, desired),
        options,
    )
    .await
}

/// Verifies the references that documents declare, by the schemas and vaults of a control plane.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn verify_declared<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    desired: &DesiredState,
    options: &VerifyOptions,
) -> Result<(Arc<Catalog>, Verification), ReadError> {
    let node = client.read_node_info().await?;
    let mut schemas = node.to_live_schemas();
    client
        .read_schemas(&schemas_for_state(recorded, desired), &mut schemas)
        .await?;
    let catalog = Arc::new(recorded.with_live_schemas(&schemas));
    let other_kinds = catalog.kinds().map(|(id, _)| id);
    let other_kinds = other_kinds
        .filter(|id| Some(*id) != catalog.find_kind("vaults"))
        .collect();
    let scope = ReadScope {
        scopes: vec![Scope { tags: BTreeSet::new() }],
        skipped_kinds: other_kinds,
        edition: node.edition,
    };
    let live = client.read_owned(&catalog, &scope).await?;

    let context = VerifyContext {
        catalog: &catalog,
        desired,
        planned: None,
        now: client.clock().now(),
    };
    let sites = context.find_references();
    let mut vaults = merge_vaults(declared_vaults(&catalog, desired), live_vaults(&catalog, &live));
    find_in_other_workspaces(client, &catalog, &node, &sites, &mut vaults).await?;
    let verification = verify_references(&context, sites, vaults, options).await;
    Ok((catalog, verification))
}

/// Verifies the references that a control plane holds.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn verify_live<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Arc<Catalog>,
    options: &VerifyOptions,
) -> Result<(Arc<Catalog>, Verification), ReadError> {
    let Snapshot { node, catalog, live } =
        read_all(client, recorded, Scope { tags: BTreeSet::new() }, BTreeSet::new()).await?;
    let (plan, desired) = (Plan::default(), DesiredState::default());
    let planned = plan::compute_planned_state(&live, &plan);
    let context = VerifyContext {
        catalog: &catalog,
        desired: &desired,
        planned: Some((&live, &plan, &planned)),
        now: client.clock().now(),
    };
    let sites = context.find_references();
    let mut vaults = live_vaults(&catalog, &live);
    find_in_other_workspaces(client, &catalog, &node, &sites, &mut vaults).await?;
    let verification = verify_references(&context, sites, vaults, options).await;
    Ok((catalog, verification))
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
    for live_vault in live.entities {
        let vault = vaults
            .entities
            .iter_mut()
            .find(|vault| vault.prefix == live_vault.prefix);
        match vault {
            Some(vault) if vault.backend == live_vault.backend => vault.live_config = Some(live_vault.config),
            Some(_) => {}
            None => vaults.entities.push(VaultEntity {
                owned: false,
                ..live_vault
            }),
        }
    }
    vaults
}
