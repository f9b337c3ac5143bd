//! Work on all cores at once.

use rayon::prelude::*;

/// Less of a list than that is not worth handing over.
const MIN_CHUNK_LEN: usize = 256;

/// Into how many stretches a list is cut for a core: what one core is done with sooner, another goes on with.
const CHUNKS_PER_THREAD: usize = 4;

/// Hands a list out in stretches, and says what became of each, in the order of the list.
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
            assert_eq!(
                par_map_chunks(&mut all.clone(), |stretch| stretch.to_vec()).concat(),
                all
            );
        }
    }
}
