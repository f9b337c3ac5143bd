//! Parallel chunks: long lists are worked on by all cores at once, in chunks of which an idle core takes the next. Short
//! ones stay on one core, where they are done before others would have started.

use rayon::prelude::*;

/// A shorter chunk is not worth handing to another core.
const MIN_CHUNK_LEN: usize = 256;

/// More than one, so that a core that is done sooner goes on with another chunk.
const CHUNKS_PER_THREAD: usize = 4;

/// The results of `work` on each chunk of a list, in the order of the list.
pub fn par_map_chunks<'a, T: Send, R: Send>(all: &'a mut [T], work: impl Fn(&'a mut [T]) -> R + Sync + Send) -> Vec<R> {
    if all.len() < 2 * MIN_CHUNK_LEN {
        return vec![work(all)];
    }
    let size = all.len() / (CHUNKS_PER_THREAD * rayon::current_num_threads());
    all.par_chunks_mut(size.max(MIN_CHUNK_LEN)).map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::par_map_chunks;

    #[test]
    fn nothing_is_lost_and_the_order_stays() {
        for count in [0, 1, 511, 512, 513, 1_000, 10_007] {
            let all: Vec<usize> = (0..count).collect();
            assert_eq!(par_map_chunks(&mut all.clone(), |chunk| chunk.to_vec()).concat(), all);
        }
    }
}
