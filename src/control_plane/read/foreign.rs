use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::index::Index;
use super::list::{Keep, Listed, Query};
use crate::{Client, Clock, ReadError, Transport, family};
use plan::Needs;
use plan::{ForeignEntity, Live};
use schema::{Catalog, KindId};

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads the index of what is outside the scopes, of the kinds that a plan needs, into what was read already.
    ///
    /// # Errors
    /// No answer, wrong credentials, or answers that are not Kong's. That a kind is absent or forbidden is no error.
    pub async fn read_foreign(&self, catalog: &Arc<Catalog>, live: &mut Live, needs: &Needs) -> Result<(), ReadError> {
        let wanted: BTreeSet<KindId> = needs.foreign.iter().chain(needs.under.keys()).copied().collect();
        let known = |kind: &KindId| live.absent.contains(kind) || live.forbidden.contains(kind);
        let lists = wanted.into_iter().filter(|kind| !known(kind)).map(|kind| {
            let keep = keep(catalog, live, kind);
            async move { Ok((kind, self.foreign(catalog, needs, kind, &keep).await?)) }
        });
        let found = try_join_all(lists).await?;
        for (kind, listed) in found {
            match listed {
                Listed::Holds(entities) => {
                    live.foreign.insert(kind, entities);
                }
                Listed::Absent => {
                    live.absent.insert(kind);
                }
                Listed::Forbidden => {
                    live.forbidden.insert(kind);
                }
            }
        }
        Ok(())
    }

    async fn foreign(
        &self,
        catalog: &Arc<Catalog>,
        needs: &Needs,
        kind: KindId,
        keep: &Keep<ForeignEntity>,
    ) -> Result<Listed<Vec<ForeignEntity>>, ReadError> {
        let Some(parent) = family::parent(catalog.kind(kind)) else {
            let query = Query {
                kind,
                parent: None,
                tags: Vec::new(),
            };
            return self.list(catalog, &query, keep).await;
        };
        let parents = match needs.under.get(&kind) {
            Some(parents) if !needs.foreign.contains(&kind) => parents.iter().cloned().collect(),
            _ => self.ids(catalog, parent.kind).await?,
        };
        self.list_beneath(catalog, kind, parents, keep).await
    }
}

/// Keeps the index of what is not owned.
fn keep(catalog: &Arc<Catalog>, live: &Live, kind: KindId) -> Keep<ForeignEntity> {
    let owned = live.owned.get(&kind).into_iter().flatten();
    let owned: BTreeSet<Uuid> = owned.map(|entity| entity.id).collect();
    let index = Index::of(catalog, kind);
    Arc::new(move |id, body| (!owned.contains(&id)).then(|| index.entity(id, body)))
}
