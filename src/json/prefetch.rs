//! Prefetching: the memory of a batch of objects is asked for at once before each is looked at, instead of piece by piece
//! with a wait for each. Nothing depends on it but time: a diff of many entities spends less of it on cache misses.

use super::{Object, Value};

/// How many objects are prefetched together.
pub const PREFETCH_BATCH: usize = 16;

/// The members of a list, whose objects are prefetched in batches.
pub fn prefetch_chunked<'s, T>(
    all: &'s [T],
    object: impl Fn(&'s T) -> Option<&'s Object>,
) -> impl Iterator<Item = &'s T> {
    all.chunks(PREFETCH_BATCH).flat_map(move |batch| {
        prefetch(batch.iter().filter_map(&object));
        batch
    })
}

/// Prefetches a batch of objects.
pub fn prefetch<'a>(objects: impl Iterator<Item = &'a Object>) {
    std::hint::black_box(objects.map(touch_members).sum::<usize>());
}

/// Reads the beginning of every member; the sum keeps the reads from being optimised away.
fn touch_members(object: &Object) -> usize {
    let touched = object.values().map(|value| match value {
        Value::String(text) => usize::from(text.as_bytes().first().copied().unwrap_or_default()),
        Value::Array(members) => members.iter().filter(|member| member.is_string()).count(),
        Value::Object(members) => members.values().filter(|member| member.is_string()).count(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    });
    touched.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn prefetching_leaves_nothing_out() {
        let objects: Vec<Object> = (0..50).map(|at| [("at", json!(at))].into_iter().collect()).collect();
        let seen = prefetch_chunked(&objects, Some).filter_map(|object| object["at"].as_u64());
        assert!(seen.eq(0..50));
    }
}
