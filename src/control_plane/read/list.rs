use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::page::read_page;
use super::stretch::{Seen, Stretch};
use crate::client::{refused, unreadable};
use crate::dialect::Listing;
use crate::{Client, Clock, Outcome, ReadError, Transport};
use json::{Object, Value};
use schema::{Catalog, KindId};

/// Answers smaller than this are read where they arrive; reading larger ones is work for another thread.
const SMALL: usize = 64 * 1024;

/// What a list, or a page of it, holds.
pub enum Listed<R> {
    /// This.
    Holds(R),
    /// There is no such list here.
    Absent,
    /// The token may not read it.
    Forbidden,
}

/// What is listed.
#[derive(Clone, Debug)]
pub struct Query {
    /// The kind.
    pub kind: KindId,
    /// The id or name of the parent beneath which it is listed.
    pub parent: Option<String>,
    /// Tags that all must be borne; five at most.
    pub tags: Vec<String>,
}

/// Makes of an entity what is kept of it, if anything.
pub type Keep<R> = Arc<dyn Fn(Uuid, Object) -> Option<R> + Send + Sync>;

/// A page, reduced to what is kept.
struct Kept<R> {
    stretch: Stretch,
    rows: Vec<R>,
    count: usize,
    last: Option<Uuid>,
    offset: Option<String>,
}

impl<R> Kept<R> {
    /// What is left to be read after it.
    fn rest(&self, ways: usize) -> Vec<Stretch> {
        let seen = Seen {
            rows: self.count,
            last: self.last,
            offset: self.offset.as_deref(),
        };
        self.stretch.rest(seen, ways)
    }
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads a whole list, in several ranges of ids at once where it is long.
    pub(super) async fn list<R: Send + 'static>(
        &self,
        catalog: &Catalog,
        query: &Query,
        keep: &Keep<R>,
    ) -> Result<Listed<Vec<R>>, ReadError> {
        let ways = match query.parent {
            None if self.dialect.offsets_are_ids() => self.parallelism(),
            _ => 1,
        };
        let mut found = Vec::new();
        let mut reading = FuturesUnordered::new();
        reading.push(self.page(catalog, query, Stretch::whole(), keep));
        while let Some(page) = reading.next().await {
            let kept = match page? {
                Listed::Holds(kept) => kept,
                Listed::Absent => return Ok(Listed::Absent),
                Listed::Forbidden => return Ok(Listed::Forbidden),
            };
            for stretch in kept.rest(ways) {
                reading.push(self.page(catalog, query, stretch, keep));
            }
            found.extend(kept.rows);
        }
        Ok(Listed::Holds(found))
    }

    async fn page<R: Send + 'static>(
        &self,
        catalog: &Catalog,
        query: &Query,
        stretch: Stretch,
        keep: &Keep<R>,
    ) -> Result<Listed<Kept<R>>, ReadError> {
        let listing = Listing {
            kind: query.kind,
            parent: query.parent.clone(),
            tags: query.tags.clone(),
            offset: stretch.offset.clone(),
            size: stretch.size,
        };
        let request = self.dialect.list(catalog, &listing);
        let answer = self.ask(&request).await?;
        match answer.outcome {
            Outcome::Done => {}
            Outcome::Missing | Outcome::NotHere => return Ok(Listed::Absent),
            Outcome::Forbidden => return Ok(Listed::Forbidden),
            _ => return Err(refused(&request, answer)),
        }
        let body = answer.response.body;
        let kept = elsewhere(body, stretch, keep, &self.readers).await;
        kept.map(Listed::Holds).map_err(|why| unreadable(&request, why))
    }
}

/// Reduces a page, a large one on another thread.
async fn elsewhere<R: Send + 'static>(
    body: Vec<u8>,
    stretch: Stretch,
    keep: &Keep<R>,
    readers: &Semaphore,
) -> Result<Kept<R>, String> {
    if body.len() < SMALL {
        return reduce(&body, stretch, keep);
    }
    // it is never closed
    let _turn = readers.acquire().await;
    let keep = Arc::clone(keep);
    let read = tokio::task::spawn_blocking(move || reduce(&body, stretch, &keep));
    read.await.unwrap_or_else(|_| Err("reading it failed".to_owned()))
}

/// Reads a page once, and drops what is not kept at once.
fn reduce<R>(body: &[u8], stretch: Stretch, keep: &Keep<R>) -> Result<Kept<R>, String> {
    let mut rows = Vec::with_capacity(usize::from(stretch.size));
    let (mut count, mut last, mut all_named) = (0, None, true);
    let offset = read_page(body, |entity| {
        count += 1;
        match id(&entity) {
            Some(id) => {
                last = Some(id);
                if stretch.holds(id) {
                    rows.extend(keep(id, entity));
                }
            }
            None => all_named = false,
        }
    })?;
    match all_named {
        true => Ok(Kept {
            stretch,
            rows,
            count,
            last,
            offset,
        }),
        false => Err("an entity without an id".to_owned()),
    }
}

fn id(entity: &Object) -> Option<Uuid> {
    entity.get("id").and_then(Value::as_str)?.parse().ok()
}
