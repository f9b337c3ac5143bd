use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::id_range::{IdRange, PageSummary};
use super::page::parse_page;
use crate::client::{unexpected_response_error, unreadable_response_error};
use crate::dialect::PageRequest;
use crate::{Client, Clock, ReadError, ResponseOutcome, Transport};
use json::{Object, Value};
use schema::{Catalog, KindId};

/// Answers smaller than this are read where they arrive; reading larger ones is work for another thread.
const INLINE_PARSE_MAX_BYTES: usize = 64 * 1024;

/// What a list, or a page of it, holds.
pub enum ListResult<R> {
    /// This.
    Found(R),
    /// There is no such list here.
    Absent,
    /// The token may not read it.
    Forbidden,
}

/// What is listed.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The kind.
    pub kind: KindId,
    /// The id or name of the parent beneath which it is listed.
    pub parent: Option<String>,
    /// Tags that all must be borne; five at most.
    pub tags: Vec<String>,
}

/// Makes of an entity what is kept of it, if anything.
pub type EntityFilterMap<R> = Arc<dyn Fn(Uuid, Object) -> Option<R> + Send + Sync>;

/// A page, reduced to what is kept.
struct FilteredPage<R> {
    range: IdRange,
    rows: Vec<R>,
    count: usize,
    last_id: Option<Uuid>,
    next_offset: Option<String>,
}

impl<R> FilteredPage<R> {
    /// What is left to be read after it.
    fn remaining_ranges(&self, ways: usize) -> Vec<IdRange> {
        let seen = PageSummary {
            rows: self.count,
            last_id: self.last_id,
            next_offset: self.next_offset.as_deref(),
        };
        self.range.remaining_ranges(seen, ways)
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
        let mut found = Vec::new();
        let mut reading = FuturesUnordered::new();
        reading.push(self.read_page(catalog, query, IdRange::full(), keep));
        while let Some(page) = reading.next().await {
            let kept = match page? {
                ListResult::Found(kept) => kept,
                ListResult::Absent => return Ok(ListResult::Absent),
                ListResult::Forbidden => return Ok(ListResult::Forbidden),
            };
            for stretch in kept.remaining_ranges(ways) {
                reading.push(self.read_page(catalog, query, stretch, keep));
            }
            found.extend(kept.rows);
        }
        Ok(ListResult::Found(found))
    }

    async fn read_page<R: Send + 'static>(
        &self,
        catalog: &Catalog,
        query: &ListQuery,
        stretch: IdRange,
        keep: &EntityFilterMap<R>,
    ) -> Result<ListResult<FilteredPage<R>>, ReadError> {
        let listing = PageRequest {
            kind: query.kind,
            parent: query.parent.clone(),
            tags: query.tags.clone(),
            offset: stretch.offset.clone(),
            page_size: stretch.page_size,
        };
        let request = self.dialect.page_request(catalog, &listing);
        let answer = self.send_read(&request).await?;
        match answer.outcome {
            ResponseOutcome::Success => {}
            ResponseOutcome::NotFound | ResponseOutcome::Unsupported => return Ok(ListResult::Absent),
            ResponseOutcome::Forbidden => return Ok(ListResult::Forbidden),
            _ => return Err(unexpected_response_error(&request, answer)),
        }
        let body = answer.response.body;
        let kept = filter_page_off_thread(body, stretch, keep, &self.parse_permits).await;
        kept.map(ListResult::Found)
            .map_err(|why| unreadable_response_error(&request, why))
    }
}

/// Reduces a page, a large one on another thread.
async fn filter_page_off_thread<R: Send + 'static>(
    body: Vec<u8>,
    stretch: IdRange,
    keep: &EntityFilterMap<R>,
    readers: &Semaphore,
) -> Result<FilteredPage<R>, String> {
    if body.len() < INLINE_PARSE_MAX_BYTES {
        return filter_page(&body, stretch, keep);
    }
    // it is never closed
    let _turn = readers.acquire().await;
    let keep = Arc::clone(keep);
    let read = tokio::task::spawn_blocking(move || filter_page(&body, stretch, &keep));
    read.await.unwrap_or_else(|_| Err("reading it failed".to_owned()))
}

/// Reads a page once, and drops what is not kept at once.
fn filter_page<R>(body: &[u8], stretch: IdRange, keep: &EntityFilterMap<R>) -> Result<FilteredPage<R>, String> {
    let mut rows = Vec::with_capacity(usize::from(stretch.page_size));
    let (mut count, mut last, mut all_named) = (0, None, true);
    let offset = parse_page(body, |entity| {
        count += 1;
        match entity_id(&entity) {
            Some(id) => {
                last = Some(id);
                if stretch.contains(id) {
                    rows.extend(keep(id, entity));
                }
            }
            None => all_named = false,
        }
    })?;
    match all_named {
        true => Ok(FilteredPage {
            range: stretch,
            rows,
            count,
            last_id: last,
            next_offset: offset,
        }),
        false => Err("an entity without an id".to_owned()),
    }
}

fn entity_id(entity: &Object) -> Option<Uuid> {
    entity.get("id").and_then(Value::as_str)?.parse().ok()
}
