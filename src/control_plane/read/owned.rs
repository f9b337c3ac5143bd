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

/// What of a control plane is read as owned.
#[derive(Clone, Debug, Default)]
pub struct ReadScope {
    /// The scopes: everything that is in one of them. One without tags is everything.
    pub scopes: Vec<Scope>,
    /// Kinds that are left alone, as if there were none of them.
    pub skipped_kinds: BTreeSet<KindId>,
    /// The edition of the node, if it told: an open-source one is not asked for Enterprise's kinds.
    pub edition: Option<Edition>,
}

/// The lists of a kind and of those that live on its path.
type KindFamilyLists = Vec<(KindId, ListResult<Vec<LiveEntity>>)>;

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads what is in the scopes, with whole bodies; kinds at once.
    ///
    /// # Errors
    /// No answer, wrong credentials, or answers that are not Kong's. That a kind is absent or forbidden is no error.
    pub async fn read_owned(&self, catalog: &Arc<Catalog>, asked: &ReadScope) -> Result<LiveState, ReadError> {
        let mut live = LiveState::default();
        let (here, not_here): (Vec<_>, Vec<_>) =
            requested_kinds(catalog, asked).partition(|kind| asked.is_available(catalog, *kind));
        live.absent.extend(not_here);
        let heads = here
            .iter()
            .filter(|kind| hierarchy::parent_foreign_key(catalog.kind(**kind)).is_none());
        let families = heads.map(|kind| self.read_family(catalog, asked, *kind));
        for (kind, listed) in try_join_all(families).await?.into_iter().flatten() {
            insert_list_result(&mut live, kind, listed);
        }
        if !asked.includes_everything() {
            drop_orphans(catalog, &mut live);
        }
        Ok(live)
    }

    async fn read_family(
        &self,
        catalog: &Arc<Catalog>,
        asked: &ReadScope,
        head: KindId,
    ) -> Result<KindFamilyLists, ReadError> {
        let listed = self.read_kind(catalog, asked, head).await?;
        let mut family = Vec::new();
        for child in child_kinds(catalog, asked, head) {
            let beneath = self.read_parent_ids(catalog, asked, &listed, head, child).await?;
            let found = match &listed {
                ListResult::Absent => ListResult::Absent,
                ListResult::Forbidden => ListResult::Forbidden,
                ListResult::Found(_) => {
                    let keep = asked.owned_filter(catalog, child);
                    self.read_lists_under(catalog, child, beneath, &keep).await?
                }
            };
            family.push((child, found));
        }
        family.push((head, listed));
        Ok(family)
    }

    /// Reads a kind that has a path of its own: once, or once for each scope.
    async fn read_kind(
        &self,
        catalog: &Arc<Catalog>,
        asked: &ReadScope,
        kind: KindId,
    ) -> Result<ListResult<Vec<LiveEntity>>, ReadError> {
        let keep = asked.owned_filter(catalog, kind);
        let queries = asked.list_queries(catalog, kind);
        let lists = queries.iter().map(|query| self.read_list(catalog, query, &keep));
        let mut found = BTreeMap::new();
        for listed in try_join_all(lists).await? {
            match listed {
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
        asked: &ReadScope,
        owned: &ListResult<Vec<LiveEntity>>,
        head: KindId,
        child: KindId,
    ) -> Result<Vec<String>, ReadError> {
        let ListResult::Found(owned) = owned else {
            return Ok(Vec::new());
        };
        if asked.includes_everything() || !catalog.kind(child).taggable {
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

    /// Reads a kind beneath each of those parents, all at once.
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
        let lists = stream::iter(queries).map(|query| async move { self.read_list(catalog, &query, keep).await });
        let mut lists = lists.buffer_unordered(self.parallelism());
        let (mut found, mut held, mut absent) = (Vec::new(), 0, 0);
        while let Some(listed) = lists.try_next().await? {
            match listed {
                ListResult::Found(entities) => {
                    held += 1;
                    found.extend(entities);
                }
                ListResult::Forbidden => return Ok(ListResult::Forbidden),
                // a parent may have been deleted meanwhile, but hardly several
                ListResult::Absent => absent += 1,
            }
            if held == 0 && absent > 2 {
                return Ok(ListResult::Absent);
            }
        }
        Ok(ListResult::Found(found))
    }
}

impl ReadScope {
    /// Whether one of the scopes is everything.
    pub fn includes_everything(&self) -> bool {
        self.scopes.iter().any(|scope| scope.tags.is_empty())
    }

    fn is_available(&self, catalog: &Catalog, kind: KindId) -> bool {
        catalog.kind(kind).edition == Edition::Community || self.edition != Some(Edition::Community)
    }

    fn list_queries(&self, catalog: &Catalog, kind: KindId) -> Vec<ListQuery> {
        let tags: BTreeSet<Vec<String>> = if self.includes_everything() || !catalog.kind(kind).taggable {
            BTreeSet::from([Vec::new()])
        } else {
            let asked = |scope: &Scope| scope.tags.iter().take(MAX_TAGS_PER_QUERY).cloned().collect();
            self.scopes.iter().map(asked).collect()
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

fn insert_list_result(live: &mut LiveState, kind: KindId, listed: ListResult<Vec<LiveEntity>>) {
    match listed {
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

fn requested_kinds<'a>(catalog: &'a Catalog, asked: &'a ReadScope) -> impl Iterator<Item = KindId> + 'a {
    catalog
        .kinds()
        .map(|(id, _)| id)
        .filter(|id| !asked.skipped_kinds.contains(id))
}

fn child_kinds(catalog: &Catalog, asked: &ReadScope, head: KindId) -> Vec<KindId> {
    requested_kinds(catalog, asked)
        .filter(|kind| asked.is_available(catalog, *kind))
        .filter(|kind| hierarchy::parent_foreign_key(catalog.kind(*kind)).is_some_and(|parent| parent.kind == head))
        .collect()
}
