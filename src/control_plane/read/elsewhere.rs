use std::sync::Arc;

use uuid::Uuid;

use super::index::Index;
use super::page::read_page;
use crate::client::{refused, unreadable};
use crate::dialect::{Listing, PAGE};
use crate::wire::word;
use crate::{Client, Clock, Dialect, Outcome, ReadError, Request, Transport};
use json::Object;
use plan::ForeignEntity;
use schema::{Catalog, KindId};

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads the index of a kind in all other workspaces, and says whether the token may list it in each. A control
    /// plane without workspaces has no others.
    ///
    /// # Errors
    /// No answer, wrong credentials, or answers that are not Kong's.
    pub async fn read_elsewhere(
        &self,
        catalog: &Arc<Catalog>,
        kind: KindId,
    ) -> Result<(Vec<ForeignEntity>, bool), ReadError> {
        let here = self.dialect.workspace().unwrap_or(word::DEFAULT_WORKSPACE);
        let index = Index::of(catalog, kind);
        let workspaces = match self.objects(&Dialect::workspaces).await? {
            Objects::Are(workspaces) => workspaces,
            Objects::NoneHere => return Ok((Vec::new(), true)),
            Objects::Forbidden => return Ok((Vec::new(), false)),
        };
        let names = workspaces
            .iter()
            .filter_map(|workspace| workspace.get(word::NAME)?.as_str());
        let (mut found, mut all) = (Vec::new(), true);
        for name in names.filter(|name| *name != here) {
            let dialect = Dialect::in_workspace(name);
            let page = |offset: Option<&str>| {
                let listing = Listing {
                    kind,
                    parent: None,
                    tags: Vec::new(),
                    offset: offset.map(str::to_owned),
                    size: PAGE,
                };
                dialect.list(catalog, &listing)
            };
            match self.objects(&page).await? {
                Objects::Are(entities) => found.extend(entities.into_iter().filter_map(|body| {
                    let id: Uuid = body.get(word::ID)?.as_str()?.parse().ok()?;
                    Some(index.entity(id, body))
                })),
                Objects::NoneHere | Objects::Forbidden => all = false,
            }
        }
        Ok((found, all))
    }

    /// All members of a list, page after page.
    async fn objects(&self, page: &(dyn Fn(Option<&str>) -> Request + Sync)) -> Result<Objects, ReadError> {
        let mut all = Vec::new();
        let mut offset: Option<String> = None;
        loop {
            let request = page(offset.as_deref());
            let answer = self.ask(&request).await?;
            match answer.outcome {
                Outcome::Done => {}
                Outcome::Missing | Outcome::NotHere => return Ok(Objects::NoneHere),
                Outcome::Forbidden => return Ok(Objects::Forbidden),
                _ => return Err(refused(&request, answer)),
            }
            let read = read_page(&answer.response.body, |entity| all.push(entity));
            offset = read.map_err(|why| unreadable(&request, why))?;
            if offset.is_none() {
                return Ok(Objects::Are(all));
            }
        }
    }
}

/// What came of a list.
enum Objects {
    Are(Vec<Object>),
    NoneHere,
    Forbidden,
}
