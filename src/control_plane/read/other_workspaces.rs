use std::sync::Arc;

use uuid::Uuid;

use super::foreign_index::ForeignIndexer;
use super::page::parse_page;
use crate::client::{unexpected_response_error, unreadable_response_error};
use crate::dialect::{MAX_PAGE_SIZE, PageRequest};
use crate::wire;
use crate::{Client, Clock, Dialect, ReadError, Request, ResponseOutcome, Transport};
use json::Object;
use plan::ForeignEntity;
use schema::{Catalog, KindId};

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads the index of a kind in all other workspaces, and whether the token may list it in each. A control plane
    /// without workspaces has no others.
    ///
    /// # Errors
    /// No response, wrong credentials, or responses that are not Kong's.
    pub async fn read_other_workspaces(
        &self,
        catalog: &Arc<Catalog>,
        kind: KindId,
    ) -> Result<(Vec<ForeignEntity>, bool), ReadError> {
        let own_workspace = self.dialect.workspace().unwrap_or(wire::DEFAULT_WORKSPACE);
        let indexer = ForeignIndexer::for_kind(catalog, kind);
        let workspaces = match self.read_objects(&Dialect::workspaces_request).await? {
            ObjectListResult::Found(workspaces) => workspaces,
            ObjectListResult::Absent => return Ok((Vec::new(), true)),
            ObjectListResult::Forbidden => return Ok((Vec::new(), false)),
        };
        let names = workspaces
            .iter()
            .filter_map(|workspace| workspace.get(wire::NAME)?.as_str());
        let (mut entities, mut is_complete) = (Vec::new(), true);
        for name in names.filter(|name| *name != own_workspace) {
            let dialect = Dialect::gateway_in_workspace(name);
            let page = |offset: Option<&str>| {
                let request = PageRequest {
                    kind,
                    parent: None,
                    tags: Vec::new(),
                    offset: offset.map(str::to_owned),
                    page_size: MAX_PAGE_SIZE,
                };
                dialect.page_request(catalog, &request)
            };
            match self.read_objects(&page).await? {
                ObjectListResult::Found(bodies) => entities.extend(bodies.into_iter().filter_map(|body| {
                    let id: Uuid = body.get(wire::ID)?.as_str()?.parse().ok()?;
                    Some(indexer.index_entity(id, body))
                })),
                ObjectListResult::Absent | ObjectListResult::Forbidden => is_complete = false,
            }
        }
        Ok((entities, is_complete))
    }

    /// Reads a whole list, page after page.
    async fn read_objects(
        &self,
        page: &(dyn Fn(Option<&str>) -> Request + Sync),
    ) -> Result<ObjectListResult, ReadError> {
        let mut objects = Vec::new();
        let mut offset: Option<String> = None;
        loop {
            let request = page(offset.as_deref());
            let classified = self.send_read(&request).await?;
            match classified.outcome {
                ResponseOutcome::Success => {}
                ResponseOutcome::NotFound | ResponseOutcome::Unsupported => return Ok(ObjectListResult::Absent),
                ResponseOutcome::Forbidden => return Ok(ObjectListResult::Forbidden),
                _ => return Err(unexpected_response_error(&request, classified)),
            }
            let parsed = parse_page(&classified.response.body, |object| objects.push(object));
            offset = parsed.map_err(|reason| unreadable_response_error(&request, reason))?;
            if offset.is_none() {
                return Ok(ObjectListResult::Found(objects));
            }
        }
    }
}

enum ObjectListResult {
    Found(Vec<Object>),
    Absent,
    Forbidden,
}
