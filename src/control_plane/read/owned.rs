use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use uuid::Uuid;

use super::list::{Keep, Listed, Query};
use crate::dialect::MOST_TAGS;
use crate::{Client, Clock, ReadError, Transport, family};
use plan::{Live, LiveEntity};
use schema::{Catalog, Edition, KindId};
use state::{Scope, entity_tags};

/// What of a control plane is read as owned.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The scopes: everything that is in one of them. One without tags is everything.
    pub scopes: Vec<Scope>,
    /// Kinds that are left alone, as if there were none of them.
    pub skip: BTreeSet<KindId>,
    /// The edition of the node, if it told: an open-source one is not asked for Enterprise's kinds.
    pub edition: Option<Edition>,
}

/// The lists of a kind and of those that live on its path.
type Family = Vec<(KindId, Listed<Vec<LiveEntity>>)>;

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads what is in the scopes, with whole bodies; kinds at once.
    ///
    /// # Errors
    /// No answer, wrong credentials, or answers that are not Kong's. That a kind is absent or forbidden is no error.
    pub async fn read_owned(&self, catalog: &Arc<Catalog>, asked: &Asked) -> Result<Live, ReadError> {
        let mut live = Live::default();
        let (here, not_here): (Vec<_>, Vec<_>) = kinds(catalog, asked).partition(|kind| asked.may_have(catalog, *kind));
        live.absent.extend(not_here);
        let heads = here
            .iter()
            .filter(|kind| family::parent(catalog.kind(**kind)).is_none());
        let families = heads.map(|kind| self.family(catalog, asked, *kind));
        for (kind, listed) in try_join_all(families).await?.into_iter().flatten() {
            keep_listed(&mut live, kind, listed);
        }
        if !asked.everything() {
            leave_orphans(catalog, &mut live);
        }
        Ok(live)
    }

    async fn family(&self, catalog: &Arc<Catalog>, asked: &Asked, head: KindId) -> Result<Family, ReadError> {
        let listed = self.owned(catalog, asked, head).await?;
        let mut family = Vec::new();
        for child in children(catalog, asked, head) {
            let beneath = self.parents(catalog, asked, &listed, head, child).await?;
            let found = match &listed {
                Listed::Absent => Listed::Absent,
                Listed::Forbidden => Listed::Forbidden,
                Listed::Holds(_) => {
                    let keep = asked.keep(catalog, child);
                    self.list_beneath(catalog, child, beneath, &keep).await?
                }
            };
            family.push((child, found));
        }
        family.push((head, listed));
        Ok(family)
    }

    /// Reads a kind that has a path of its own: once, or once for each scope.
    async fn owned(
        &self,
        catalog: &Arc<Catalog>,
        asked: &Asked,
        kind: KindId,
    ) -> Result<Listed<Vec<LiveEntity>>, ReadError> {
        let keep = asked.keep(catalog, kind);
        let queries = asked.queries(catalog, kind);
        let lists = queries.iter().map(|query| self.list(catalog, query, &keep));
        let mut found = BTreeMap::new();
        for listed in try_join_all(lists).await? {
            match listed {
                Listed::Holds(entities) => found.extend(entities.into_iter().map(|entity| (entity.id, entity))),
                other => return Ok(other),
            }
        }
        Ok(Listed::Holds(found.into_values().collect()))
    }

    /// The parents beneath which owned entities of a kind may live. An entity that bears tags may be owned though its
    /// parent is not.
    async fn parents(
        &self,
        catalog: &Arc<Catalog>,
        asked: &Asked,
        owned: &Listed<Vec<LiveEntity>>,
        head: KindId,
        child: KindId,
    ) -> Result<Vec<String>, ReadError> {
        let Listed::Holds(owned) = owned else {
            return Ok(Vec::new());
        };
        if asked.everything() || !catalog.kind(child).taggable {
            return Ok(owned.iter().map(|entity| entity.id.to_string()).collect());
        }
        self.ids(catalog, head).await
    }

    /// The ids of a whole kind.
    pub(super) async fn ids(&self, catalog: &Arc<Catalog>, kind: KindId) -> Result<Vec<String>, ReadError> {
        let keep: Keep<String> = Arc::new(|id, _| Some(id.to_string()));
        let query = Query {
            kind,
            parent: None,
            tags: Vec::new(),
        };
        match self.list(catalog, &query, &keep).await? {
            Listed::Holds(ids) => Ok(ids),
            Listed::Absent | Listed::Forbidden => Ok(Vec::new()),
        }
    }

    /// Reads a kind beneath each of those parents, all at once.
    pub(super) async fn list_beneath<R: Send + 'static>(
        &self,
        catalog: &Catalog,
        kind: KindId,
        parents: Vec<String>,
        keep: &Keep<R>,
    ) -> Result<Listed<Vec<R>>, ReadError> {
        let queries = parents.into_iter().map(|parent| Query {
            kind,
            parent: Some(parent),
            tags: Vec::new(),
        });
        let lists = stream::iter(queries).map(|query| async move { self.list(catalog, &query, keep).await });
        let mut lists = lists.buffer_unordered(self.parallelism());
        let (mut found, mut held, mut absent) = (Vec::new(), 0, 0);
        while let Some(listed) = lists.try_next().await? {
            match listed {
                Listed::Holds(entities) => {
                    held += 1;
                    found.extend(entities);
                }
                Listed::Forbidden => return Ok(Listed::Forbidden),
                // a parent may have been deleted meanwhile, but hardly several
                Listed::Absent => absent += 1,
            }
            if held == 0 && absent > 2 {
                return Ok(Listed::Absent);
            }
        }
        Ok(Listed::Holds(found))
    }
}

impl Asked {
    /// Whether one of the scopes is everything.
    pub fn everything(&self) -> bool {
        self.scopes.iter().any(|scope| scope.tags.is_empty())
    }

    fn may_have(&self, catalog: &Catalog, kind: KindId) -> bool {
        catalog.kind(kind).edition == Edition::Community || self.edition != Some(Edition::Community)
    }

    fn queries(&self, catalog: &Catalog, kind: KindId) -> Vec<Query> {
        let tags: BTreeSet<Vec<String>> = if self.everything() || !catalog.kind(kind).taggable {
            BTreeSet::from([Vec::new()])
        } else {
            let asked = |scope: &Scope| scope.tags.iter().take(MOST_TAGS).cloned().collect();
            self.scopes.iter().map(asked).collect()
        };
        let query = |tags| Query {
            kind,
            parent: None,
            tags,
        };
        tags.into_iter().map(query).collect()
    }

    fn keep(&self, catalog: &Catalog, kind: KindId) -> Keep<LiveEntity> {
        let all = self.everything() || !catalog.kind(kind).taggable;
        let scopes = self.scopes.clone();
        Arc::new(move |id, body| {
            let owned = all || scopes.iter().any(|scope| scope.includes_tags(entity_tags(&body)));
            owned.then(|| LiveEntity::new(id, body))
        })
    }
}

fn keep_listed(live: &mut Live, kind: KindId, listed: Listed<Vec<LiveEntity>>) {
    match listed {
        Listed::Holds(entities) => {
            live.owned.insert(kind, entities);
        }
        Listed::Absent => {
            live.absent.insert(kind);
        }
        Listed::Forbidden => {
            live.forbidden.insert(kind);
        }
    }
}

/// Of kinds that bear no tags, keeps what belongs to an owned entity.
fn leave_orphans(catalog: &Catalog, live: &mut Live) {
    let tagless: Vec<KindId> = live
        .owned
        .keys()
        .copied()
        .filter(|kind| !catalog.kind(*kind).taggable)
        .collect();
    for kind in tagless {
        let owner = family::owner(catalog.kind(kind));
        let owners: BTreeSet<Uuid> = owner
            .and_then(|owner| live.owned.get(&owner.kind))
            .map(|owners| owners.iter().map(|entity| entity.id).collect())
            .unwrap_or_default();
        if let Some(entities) = live.owned.get_mut(&kind) {
            entities.retain(|entity| {
                let points_at = owner.and_then(|owner| family::points_at(owner, entity.body.expose()));
                points_at.is_some_and(|id| owners.contains(&id))
            });
        }
    }
}

fn kinds<'a>(catalog: &'a Catalog, asked: &'a Asked) -> impl Iterator<Item = KindId> + 'a {
    catalog.kinds().map(|(id, _)| id).filter(|id| !asked.skip.contains(id))
}

fn children(catalog: &Catalog, asked: &Asked, head: KindId) -> Vec<KindId> {
    kinds(catalog, asked)
        .filter(|kind| asked.may_have(catalog, *kind))
        .filter(|kind| family::parent(catalog.kind(*kind)).is_some_and(|parent| parent.kind == head))
        .collect()
}
