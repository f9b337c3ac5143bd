use std::collections::BTreeSet;

use uuid::Uuid;

use plan::LiveState;
use schema::{Catalog, KindId};

/// The kinds of entities that owned ones refer to without their being owned.
pub(super) fn referenced_foreign_kinds(catalog: &Catalog, live: &LiveState) -> BTreeSet<KindId> {
    let owned: BTreeSet<(KindId, Uuid)> = live
        .owned
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.id)))
        .collect();
    let mut kinds = BTreeSet::new();
    for (kind, entities) in &live.owned {
        for foreign in catalog
            .kind(*kind)
            .foreign_fields
            .iter()
            .filter(|foreign| !foreign.is_list)
        {
            let mut ids = entities.iter().filter_map(|entity| {
                let id = entity.body.expose().get(&foreign.field)?.get("id")?.as_str()?;
                id.parse::<Uuid>().ok()
            });
            if ids.any(|id| !owned.contains(&(foreign.kind, id))) {
                kinds.insert(foreign.kind);
            }
        }
    }
    kinds
}
