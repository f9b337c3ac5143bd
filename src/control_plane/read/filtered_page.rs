use std::sync::Arc;

use uuid::Uuid;

use super::id_range::{IdRange, PageSummary};
use super::page::parse_page;
use json::{Object, Value};

/// Makes of an entity what is kept of it, if anything.
pub(crate) type EntityFilterMap<R> = Arc<dyn Fn(Uuid, Object) -> Option<R> + Send + Sync>;

/// A page, reduced to what is kept.
#[derive(Debug, PartialEq)]
pub(crate) struct FilteredPage<R> {
    pub rows: Vec<R>,
    range: IdRange,
    count: usize,
    last_id: Option<Uuid>,
    next_offset: Option<String>,
}

impl<R> FilteredPage<R> {
    /// What is left to be read after it.
    pub(crate) fn remaining_ranges(&self, ways: usize) -> Vec<IdRange> {
        let summary = PageSummary {
            rows: self.count,
            last_id: self.last_id,
            next_offset: self.next_offset.as_deref(),
        };
        self.range.remaining_ranges(summary, ways)
    }
}

/// Reads a page once, and drops at once what is not kept.
///
/// # Errors
/// Says where it is no page of Kong's, and repeats nothing of it.
pub(crate) fn filter_page<R>(
    body: &[u8],
    range: IdRange,
    keep: &EntityFilterMap<R>,
) -> Result<FilteredPage<R>, String> {
    let mut rows = Vec::with_capacity(usize::from(range.page_size));
    let (mut count, mut last_id, mut all_have_ids) = (0, None, true);
    let next_offset = parse_page(body, |entity| {
        count += 1;
        match entity_id(&entity) {
            Some(id) => {
                last_id = Some(id);
                if range.contains(id) {
                    rows.extend(keep(id, entity));
                }
            }
            None => all_have_ids = false,
        }
    })?;
    match all_have_ids {
        true => Ok(FilteredPage {
            rows,
            range,
            count,
            last_id,
            next_offset,
        }),
        false => Err("an entity without an id".to_owned()),
    }
}

fn entity_id(entity: &Object) -> Option<Uuid> {
    entity.get("id").and_then(Value::as_str)?.parse().ok()
}
