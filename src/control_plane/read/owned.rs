use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use uuid::Uuid;

use super::filtered_page::EntityFilterMap;
use super::pagination::{ListQuery, ListResult};
use crate::dialect::MAX_TAGS_PER_QUERY;
use crate::{Client, Clock, ReadError, Transport, hierarchy};
use plan::{LiveEntity, LiveState};
use schema::{Catalog, Edition, KindId};
use state::{Scope, entity_tags};

/// What of a control plane is owned, and read with whole bodies.
#[derive(Clone, Debug, Default)]
pub struct ReadScope {
    /// An entity is owned if it is in one of them. One without tags is everything.
    pub scopes: Vec<Scope>,
    /// Kinds that are not read, as if there were no entities of them.
    pub skipped_kinds: BTreeSet<KindId>,
    /// The edition of the node, if it is known: kinds of Enterprise are not read from an open-source one.
    pub edition: Option<Edition>,
}

/// The lists of a kind and of those that live on its path.
type KindFamilyLists = Vec<(KindId, ListResult<Vec<LiveEntity>>)>;

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads what is in the scopes, with whole bodies; kinds concurrently.
    ///
    /// # Errors
    /// No response, wrong credentials, or responses that are not Kong's. That a kind is absent or forbidden is no error.
    pub async fn read_owned(&self, catalog: &Arc<Catalog>, scope: &ReadScope) -> Result<LiveState, ReadError> {
        let mut live = LiveState::default();
        let (available, unavailable): (Vec<_>, Vec<_>) =
            requested_kinds(catalog, scope).partition(|kind| scope.is_available(catalog, *kind));
        live.absent.extend(unavailable);
        let heads = available
            .iter()
            .filter(|kind| hierarchy::parent_foreign_key(catalog.kind(**kind)).is_none());
        let families = heads.map(|kind| self.read_family(catalog, scope, *kind));
        for (kind, list) in try_join_all(families).await?.into_iter().flatten() {
            insert_list_result(&mut live, kind, list);
        }
        if !scope.includes_everything() {
            drop_orphans(catalog, &mut live);
        }
        Ok(live)
    }

    async fn read_family(
        &self,
        catalog: &Arc<Catalog>,
        scope: &ReadScope,
        head: KindId,
    ) -> Result<KindFamilyLists, ReadError> {
        let list = self.read_kind(catalog, scope, head).await?;
        let mut family = Vec::new();
        for child in child_kinds(catalog, scope, head) {
            let parents = self.read_parent_ids(catalog, scope, &list, head, child).await?;
            let found = match &list {
                ListResult::Absent => ListResult::Absent,
                ListResult::Forbidden => ListResult::Forbidden,
                ListResult::Found(_) => {
                    let keep = scope.owned_filter(catalog, child);
                    self.read_lists_under(catalog, child, parents, &keep).await?
                }
            };
            family.push((child, found));
        }
        family.push((head, list));
        Ok(family)
    }

    /// Reads a kind with a path of its own: once, or once for each scope.
    async fn read_kind(
        &self,
        catalog: &Arc<Catalog>,
        scope: &ReadScope,
        kind: KindId,
    ) -> Result<ListResult<Vec<LiveEntity>>, ReadError> {
        let keep = scope.owned_filter(catalog, kind);
        let queries = scope.list_queries(catalog, kind);
        let reads = queries.iter().map(|query| self.read_list(catalog, query, &keep));
        let mut found = BTreeMap::new();
        for list in try_join_all(reads).await? {
            match list {
                ListResult::Found(entities) => found.extend(entities.into_iter().map(|entity| (entity.id, entity))),
                other => return Ok(other),
            }
        }
        Ok(ListResult::Found(found.into_values().collect()))
    }

    /// The parents beneath which owned entities of a kind may live. An entity that bears tags may be owned though its
    /// parent is not.
    async fn read_parent_ids(
        &self,
        catalog: &Arc<Catalog>,
        scope: &ReadScope,
        owned: &ListResult<Vec<LiveEntity>>,
        head: KindId,
        child: KindId,
    ) -> Result<Vec<String>, ReadError> {
        let ListResult::Found(owned) = owned else {
            return Ok(Vec::new());
        };
        if scope.includes_everything() || !catalog.kind(child).taggable {
            return Ok(owned.iter().map(|entity| entity.id.to_string()).collect());
        }
        self.read_ids(catalog, head).await
    }

    /// The ids of a whole kind.
    pub(super) async fn read_ids(&self, catalog: &Arc<Catalog>, kind: KindId) -> Result<Vec<String>, ReadError> {
        let keep: EntityFilterMap<String> = Arc::new(|id, _| Some(id.to_string()));
        match self.read_list(catalog, &ListQuery::of_kind(kind), &keep).await? {
            ListResult::Found(ids) => Ok(ids),
            ListResult::Absent | ListResult::Forbidden => Ok(Vec::new()),
        }
    }

    /// Reads a kind beneath each of those parents, concurrently.
    pub(super) async fn read_lists_under<R: Send + 'static>(
        &self,
        catalog: &Catalog,
        kind: KindId,
        parents: Vec<String>,
        keep: &EntityFilterMap<R>,
    ) -> Result<ListResult<Vec<R>>, ReadError> {
        let queries = parents.into_iter().map(|parent| ListQuery {
            parent: Some(parent),
            ..ListQuery::of_kind(kind)
        });
        let reads = stream::iter(queries).map(|query| async move { self.read_list(catalog, &query, keep).await });
        let mut reads = reads.buffer_unordered(self.parallelism());
        let (mut found, mut lists_found, mut absent) = (Vec::new(), 0, 0);
        while let Some(list) = reads.try_next().await? {
            match list {
                ListResult::Found(entities) => {
                    lists_found += 1;
                    found.extend(entities);
                }
                ListResult::Forbidden => return Ok(ListResult::Forbidden),
                // a parent may have been deleted meanwhile, but hardly several
                ListResult::Absent => absent += 1,
            }
            if lists_found == 0 && absent > 2 {
                return Ok(ListResult::Absent);
            }
        }
        Ok(ListResult::Found(found))
    }
}

impl ReadScope {
    /// Whether one of the scopes is everything.
    pub(crate) fn includes_everything(&self) -> bool {
        self.scopes.iter().any(|scope| scope.tags.is_empty())
    }

    fn is_available(&self, catalog: &Catalog, kind: KindId) -> bool {
        catalog.kind(kind).edition == Edition::Community || self.edition != Some(Edition::Community)
    }

    fn list_queries(&self, catalog: &Catalog, kind: KindId) -> Vec<ListQuery> {
        let tags: BTreeSet<Vec<String>> = if self.includes_everything() || !catalog.kind(kind).taggable {
            BTreeSet::from([Vec::new()])
        } else {
            let query_tags = |scope: &Scope| scope.tags.iter().take(MAX_TAGS_PER_QUERY).cloned().collect();
            self.scopes.iter().map(query_tags).collect()
        };
        let query = |tags| ListQuery {
            tags,
            ..ListQuery::of_kind(kind)
        };
        tags.into_iter().map(query).collect()
    }

    fn owned_filter(&self, catalog: &Catalog, kind: KindId) -> EntityFilterMap<LiveEntity> {
        let all = self.includes_everything() || !catalog.kind(kind).taggable;
        let scopes = self.scopes.clone();
        Arc::new(move |id, body| {
            let owned = all || scopes.iter().any(|scope| scope.includes_tags(entity_tags(&body)));
            owned.then(|| LiveEntity::new(id, body))
        })
    }
}

fn insert_list_result(live: &mut LiveState, kind: KindId, list: ListResult<Vec<LiveEntity>>) {
    match list {
        ListResult::Found(entities) => {
            live.owned.insert(kind, entities);
        }
        ListResult::Absent => {
            live.absent.insert(kind);
        }
        ListResult::Forbidden => {
            live.forbidden.insert(kind);
        }
    }
}

/// Of kinds that bear no tags, keeps what belongs to an owned entity.
fn drop_orphans(catalog: &Catalog, live: &mut LiveState) {
    let tagless: Vec<KindId> = live
        .owned
        .keys()
        .copied()
        .filter(|kind| !catalog.kind(*kind).taggable)
        .collect();
    for kind in tagless {
        let owner = hierarchy::owner_foreign_key(catalog.kind(kind));
        let owners: BTreeSet<Uuid> = owner
            .and_then(|owner| live.owned.get(&owner.kind))
            .map(|owners| owners.iter().map(|entity| entity.id).collect())
            .unwrap_or_default();
        if let Some(entities) = live.owned.get_mut(&kind) {
            entities.retain(|entity| {
                let points_at = owner.and_then(|owner| hierarchy::referenced_id(owner, entity.body.expose()));
                points_at.is_some_and(|id| owners.contains(&id))
            });
        }
    }
}

fn requested_kinds<'a>(catalog: &'a Catalog, scope: &'a ReadScope) -> impl Iterator<Item = KindId> + 'a {
    catalog
        .kinds()
        .map(|(id, _)| id)
        .filter(|id| !scope.skipped_kinds.contains(id))
}

fn child_kinds(catalog: &Catalog, scope: &ReadScope, head: KindId) -> Vec<KindId> {
    requested_kinds(catalog, scope)
        .filter(|kind| scope.is_available(catalog, *kind))
        .filter(|kind| hierarchy::parent_foreign_key(catalog.kind(*kind)).is_some_and(|parent| parent.kind == head))
        .collect()
}
