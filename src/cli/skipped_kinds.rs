use std::collections::BTreeSet;

use anyhow::anyhow;

use super::args::ReadArgs;
use super::command_error::CommandError;
use plan::LiveState;
use schema::{Catalog, KindId, OnDelete};

/// The kinds that `--skip-consumers` and `--skip-ca-certificates` leave alone, with those that cannot be without them.
///
/// # Errors
/// A flag that leaves no kind.
pub(crate) fn skipped_kinds(catalog: &Catalog, args: &ReadArgs) -> Result<BTreeSet<KindId>, CommandError> {
    if args.rbac_resources_only {
        return Err(CommandError::invalid_input(anyhow!(
            "there is no RBAC on open source, so that nothing would be left to do"
        )));
    }
    let flags = [
        (args.skip_consumers, "consumers"),
        (args.skip_ca_certificates, "ca_certificates"),
    ];
    let mut skipped: BTreeSet<KindId> = flags
        .into_iter()
        .filter(|(is_set, _)| *is_set)
        .filter_map(|(_, collection)| catalog.find_kind(collection))
        .collect();
    let dependent = catalog.kinds().filter(|(_, kind)| {
        kind.foreign_fields
            .iter()
            .any(|foreign| foreign.required && skipped.contains(&foreign.kind))
    });
    skipped.extend(dependent.map(|(id, _)| id).collect::<Vec<_>>());
    Ok(skipped)
}

/// Removes the entities that would be deleted with one of a skipped kind: a consumer's plugins.
pub(crate) fn remove_dependents_of_skipped(catalog: &Catalog, skipped: &BTreeSet<KindId>, live: &mut LiveState) {
    for (kind, entities) in &mut live.owned {
        let fields: Vec<&str> = catalog
            .kind(*kind)
            .foreign_fields
            .iter()
            .filter(|foreign| skipped.contains(&foreign.kind) && foreign.on_delete == OnDelete::Cascade)
            .map(|foreign| foreign.field.as_str())
            .collect();
        entities.retain(|entity| {
            let is_set = |field: &&str| entity.body.expose().get(field).is_some_and(|value| !value.is_null());
            !fields.iter().any(is_set)
        });
    }
}
