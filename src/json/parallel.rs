//! Work on all cores at once.

use rayon::prelude::*;

/// Less of a list than that is not worth handing over.
const FEW: usize = 256;

/// Into how many stretches a list is cut for a core: what one core is done with sooner, another goes on with.
const MANY: usize = 4;

/// Hands a list out in stretches, and says what became of each, in the order of the list.
pub fn stretches<'a, T: Send, R: Send>(all: &'a mut [T], work: impl Fn(&'a mut [T]) -> R + Sync + Send) -> Vec<R> {
    if all.len() < 2 * FEW {
        return vec![work(all)];
    }
    let size = all.len() / (MANY * rayon::current_num_threads());
    all.par_chunks_mut(size.max(FEW)).map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::stretches;

    #[test]
    fn nothing_is_lost_and_the_order_stays() {
        for count in [0, 1, 511, 512, 513, 1_000, 10_007] {
            let all: Vec<usize> = (0..count).collect();
            assert_eq!(stretches(&mut all.clone(), |stretch| stretch.to_vec()).concat(), all);
        }
    }
}
