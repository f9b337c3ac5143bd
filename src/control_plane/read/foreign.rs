use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::filtered_page::EntityFilterMap;
use super::foreign_index::ForeignIndexer;
use super::pagination::{ListQuery, ListResult};
use crate::{Client, Clock, ReadError, Transport, hierarchy};
use plan::{ForeignEntity, LiveState, MissingContext};
use schema::{Catalog, KindId};

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads the index of what is outside the scopes, of the kinds that a plan needs, into the live state.
    ///
    /// # Errors
    /// No response, wrong credentials, or responses that are not Kong's. That a kind is absent or forbidden is no error.
    pub async fn read_foreign(
        &self,
        catalog: &Arc<Catalog>,
        live: &mut LiveState,
        needs: &MissingContext,
    ) -> Result<(), ReadError> {
        let needed: BTreeSet<KindId> = needs
            .foreign_kinds
            .iter()
            .chain(needs.parents_by_kind.keys())
            .copied()
            .collect();
        let is_known = |kind: &KindId| live.absent.contains(kind) || live.forbidden.contains(kind);
        let reads = needed.into_iter().filter(|kind| !is_known(kind)).map(|kind| {
            let keep = foreign_filter(catalog, live, kind);
            async move { Ok((kind, self.read_foreign_kind(catalog, needs, kind, &keep).await?)) }
        });
        let lists = try_join_all(reads).await?;
        for (kind, list) in lists {
            match list {
                ListResult::Found(entities) => {
                    live.foreign.insert(kind, entities);
                }
                ListResult::Absent => {
                    live.absent.insert(kind);
                }
                ListResult::Forbidden => {
                    live.forbidden.insert(kind);
                }
            }
        }
        Ok(())
    }

    async fn read_foreign_kind(
        &self,
        catalog: &Arc<Catalog>,
        needs: &MissingContext,
        kind: KindId,
        keep: &EntityFilterMap<ForeignEntity>,
    ) -> Result<ListResult<Vec<ForeignEntity>>, ReadError> {
        let Some(parent) = hierarchy::parent_foreign_key(catalog.kind(kind)) else {
            return self.read_list(catalog, &ListQuery::of_kind(kind), keep).await;
        };
        let parents = match needs.parents_by_kind.get(&kind) {
            Some(parents) if !needs.foreign_kinds.contains(&kind) => parents.iter().cloned().collect(),
            _ => self.read_ids(catalog, parent.kind).await?,
        };
        self.read_lists_under(catalog, kind, parents, keep).await
    }
}

/// Keeps the index of what is not owned.
fn foreign_filter(catalog: &Arc<Catalog>, live: &LiveState, kind: KindId) -> EntityFilterMap<ForeignEntity> {
    let owned = live.owned.get(&kind).into_iter().flatten();
    let owned: BTreeSet<Uuid> = owned.map(|entity| entity.id).collect();
    let indexer = ForeignIndexer::for_kind(catalog, kind);
    Arc::new(move |id, body| (!owned.contains(&id)).then(|| indexer.index_entity(id, body)))
}
