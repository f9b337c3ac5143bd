use std::sync::Arc;

use uuid::Uuid;

use super::foreign_index::ForeignIndexer;
use super::page::parse_page;
use crate::client::{unexpected_response_error, unreadable_response_error};
use crate::dialect::{MAX_PAGE_SIZE, PageRequest};
use crate::transport::keys;
use crate::{Client, Clock, Dialect, ReadError, Request, ResponseOutcome, Transport};
use json::Object;
use plan::ForeignEntity;
use schema::{Catalog, KindId};

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads the index of a kind in all other workspaces, and says whether the token may list it in each. A control
    /// plane without workspaces has no others.
    ///
    /// # Errors
    /// No answer, wrong credentials, or answers that are not Kong's.
    pub async fn read_other_workspaces(
        &self,
        catalog: &Arc<Catalog>,
        kind: KindId,
    ) -> Result<(Vec<ForeignEntity>, bool), ReadError> {
        let here = self.dialect.workspace().unwrap_or(keys::DEFAULT_WORKSPACE);
        let index = ForeignIndexer::for_kind(catalog, kind);
        let workspaces = match self.read_objects(&Dialect::workspaces_request).await? {
            ObjectListResult::Found(workspaces) => workspaces,
            ObjectListResult::Absent => return Ok((Vec::new(), true)),
            ObjectListResult::Forbidden => return Ok((Vec::new(), false)),
        };
        let names = workspaces
            .iter()
            .filter_map(|workspace| workspace.get(keys::NAME)?.as_str());
        let (mut found, mut all) = (Vec::new(), true);
        for name in names.filter(|name| *name != here) {
            let dialect = Dialect::gateway_in_workspace(name);
            let page = |offset: Option<&str>| {
                let listing = PageRequest {
                    kind,
                    parent: None,
                    tags: Vec::new(),
                    offset: offset.map(str::to_owned),
                    page_size: MAX_PAGE_SIZE,
                };
                dialect.page_request(catalog, &listing)
            };
            match self.read_objects(&page).await? {
                ObjectListResult::Found(entities) => found.extend(entities.into_iter().filter_map(|body| {
                    let id: Uuid = body.get(keys::ID)?.as_str()?.parse().ok()?;
                    Some(index.index_entity(id, body))
                })),
                ObjectListResult::Absent | ObjectListResult::Forbidden => all = false,
            }
        }
        Ok((found, all))
    }

    /// All members of a list, page after page.
    async fn read_objects(
        &self,
        page: &(dyn Fn(Option<&str>) -> Request + Sync),
    ) -> Result<ObjectListResult, ReadError> {
        let mut all = Vec::new();
        let mut offset: Option<String> = None;
        loop {
            let request = page(offset.as_deref());
            let answer = self.send_read(&request).await?;
            match answer.outcome {
                ResponseOutcome::Success => {}
                ResponseOutcome::NotFound | ResponseOutcome::Unsupported => return Ok(ObjectListResult::Absent),
                ResponseOutcome::Forbidden => return Ok(ObjectListResult::Forbidden),
                _ => return Err(unexpected_response_error(&request, answer)),
            }
            let read = parse_page(&answer.response.body, |entity| all.push(entity));
            offset = read.map_err(|why| unreadable_response_error(&request, why))?;
            if offset.is_none() {
                return Ok(ObjectListResult::Found(all));
            }
        }
    }
}

/// What came of a list.
enum ObjectListResult {
    Found(Vec<Object>),
    Absent,
    Forbidden,
}
