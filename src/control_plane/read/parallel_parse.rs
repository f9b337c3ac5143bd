//! Fast path: large pages are parsed on threads of their own.
//!
//! One task sends all requests of a run and would parse their pages one after the other. This wins the other cores: pages
//! that arrive together are parsed together, as many at a time as there are cores, and requests go on meanwhile.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::filtered_page::{EntityFilterMap, FilteredPage, filter_page};
use super::id_range::IdRange;

/// Smaller pages are parsed where they arrive: handing them over would take longer.
const INLINE_MAX_BYTES: usize = 64 * 1024;

/// The same as [`filter_page`], on another thread where that pays.
pub(crate) async fn filter_page_in_parallel<R: Send + 'static>(
    body: Vec<u8>,
    range: IdRange,
    keep: &EntityFilterMap<R>,
    permits: &Semaphore,
) -> Result<FilteredPage<R>, String> {
    if body.len() < INLINE_MAX_BYTES {
        return filter_page(&body, range, keep);
    }
    // the semaphore is never closed
    let _permit = permits.acquire().await;
    let keep = Arc::clone(keep);
    let parsed = tokio::task::spawn_blocking(move || filter_page(&body, range, &keep));
    parsed.await.unwrap_or_else(|_| Err("reading it failed".to_owned()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn page(entities: u128, tail: &str) -> Vec<u8> {
        let entities: Vec<String> = (0..entities)
            .map(|id| format!(r#"{{"id":"{}","name":"{}"}}"#, Uuid::from_u128(id + 1), "n".repeat(100)))
            .collect();
        format!(r#"{{"data":[{}],"offset":"next"}}{tail}"#, entities.join(",")).into_bytes()
    }

    #[tokio::test]
    async fn pages_are_the_same_as_parsed_in_place() {
        let keep: EntityFilterMap<Uuid> = Arc::new(|id, _| id.as_u128().is_multiple_of(3).then_some(id));
        let permits = Semaphore::new(2);
        for body in [page(3, ""), page(1_000, ""), page(1_000, "x"), b"{}".to_vec()] {
            let range = IdRange::full();
            let in_place = filter_page(&body, range.clone(), &keep);
            let is_large = body.len() >= INLINE_MAX_BYTES;
            let parsed = filter_page_in_parallel(body, range, &keep, &permits).await;
            assert_eq!(parsed, in_place, "a large page: {is_large}");
        }
        let sizes = [page(3, "").len(), page(1_000, "").len()];
        assert_eq!(sizes.map(|size| size < INLINE_MAX_BYTES), [true, false]);
    }

    #[tokio::test]
    async fn a_filter_that_panics_is_an_error() {
        let keep: EntityFilterMap<Uuid> = Arc::new(|_, _| panic!("a bug"));
        let parsed = filter_page_in_parallel(page(1_000, ""), IdRange::full(), &keep, &Semaphore::new(1)).await;
        assert_eq!(parsed, Err("reading it failed".to_owned()));
    }
}
