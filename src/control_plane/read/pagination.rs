use futures_util::stream::{FuturesUnordered, StreamExt};

use super::filtered_page::{EntityFilterMap, FilteredPage};
use super::id_range::IdRange;
use super::parallel_parse::filter_page_in_parallel;
use crate::client::{unexpected_response_error, unreadable_response_error};
use crate::dialect::PageRequest;
use crate::{Client, Clock, ReadError, ResponseOutcome, Transport};
use schema::{Catalog, KindId};

/// What a list, or a page of it, holds.
pub(crate) enum ListResult<R> {
    Found(R),
    /// There is no such list here.
    Absent,
    /// The token may not read it.
    Forbidden,
}

/// A list as a value: what is to be read, whatever the pages.
#[derive(Clone, Debug)]
pub(crate) struct ListQuery {
    pub kind: KindId,
    /// The id or name of the parent beneath which it is listed.
    pub parent: Option<String>,
    /// Tags that all must be borne; five at most.
    pub tags: Vec<String>,
}

impl ListQuery {
    /// All entities of a kind.
    pub fn of_kind(kind: KindId) -> Self {
        Self {
            kind,
            parent: None,
            tags: Vec::new(),
        }
    }

    /// The request for the first page of a range.
    fn page_request(&self, range: &IdRange) -> PageRequest {
        PageRequest {
            kind: self.kind,
            parent: self.parent.clone(),
            tags: self.tags.clone(),
            offset: range.offset.clone(),
            page_size: range.page_size,
        }
    }
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads a whole list, in several ranges of ids at once where it is long.
    pub(super) async fn read_list<R: Send + 'static>(
        &self,
        catalog: &Catalog,
        query: &ListQuery,
        keep: &EntityFilterMap<R>,
    ) -> Result<ListResult<Vec<R>>, ReadError> {
        let ways = match query.parent {
            None if self.dialect.supports_id_offsets() => self.parallelism(),
            _ => 1,
        };
        let mut rows = Vec::new();
        let mut reads = FuturesUnordered::new();
        reads.push(self.read_page(catalog, query, IdRange::full(), keep));
        while let Some(page) = reads.next().await {
            let page = match page? {
                ListResult::Found(page) => page,
                ListResult::Absent => return Ok(ListResult::Absent),
                ListResult::Forbidden => return Ok(ListResult::Forbidden),
            };
            for range in page.remaining_ranges(ways) {
                reads.push(self.read_page(catalog, query, range, keep));
            }
            rows.extend(page.rows);
        }
        Ok(ListResult::Found(rows))
    }

    async fn read_page<R: Send + 'static>(
        &self,
        catalog: &Catalog,
        query: &ListQuery,
        range: IdRange,
        keep: &EntityFilterMap<R>,
    ) -> Result<ListResult<FilteredPage<R>>, ReadError> {
        let request = self.dialect.page_request(catalog, &query.page_request(&range));
        let classified = self.send_read(&request).await?;
        match classified.outcome {
            ResponseOutcome::Success => {}
            ResponseOutcome::NotFound | ResponseOutcome::Unsupported => return Ok(ListResult::Absent),
            ResponseOutcome::Forbidden => return Ok(ListResult::Forbidden),
            _ => return Err(unexpected_response_error(&request, classified)),
        }
        let page = filter_page_in_parallel(classified.response.body, range, keep, &self.parse_permits).await;
        page.map(ListResult::Found)
            .map_err(|reason| unreadable_response_error(&request, reason))
    }
}
