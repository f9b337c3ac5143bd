//! Work on all cores at once.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

/// How many cores there are for this process: asked once, for the system looks it up in files.
pub(crate) static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// A thread is not worth it for less than so much work.
const FEW: usize = 256;

/// Hands a list out in stretches, one to a core, and says what became of each, in the order of the list.
pub(crate) fn stretches<'a, T: Send, R: Send>(all: &'a mut [T], work: impl Fn(&'a mut [T]) -> R + Sync) -> Vec<R> {
    let ways = CORES.min(all.len() / FEW).max(1);
    let (first, rest) = all.split_at_mut(all.len().div_ceil(ways));
    thread::scope(|scope| {
        let work = &work;
        let others = rest.chunks_mut(first.len().max(1));
        let others: Vec<_> = others.map(|stretch| scope.spawn(move || work(stretch))).collect();
        let first = work(first);
        let others = others.into_iter().map(|other| match other.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(first).chain(others).collect()
    })
}

/// Does pieces of work on all cores, each when a core is free, and says what became of each, in order.
pub(crate) fn at_once<T: Send, R: Send>(all: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let ways = CORES.min(all.len()).max(1);
    let waiting = Mutex::new(all.into_iter().enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || std::iter::from_fn(|| next().map(|(at, piece)| (at, work(piece)))).collect();
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..ways).map(|_| scope.spawn(worker)).collect();
        let mut done: Vec<_> = worker();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::{at_once, stretches};

    #[test]
    fn nothing_is_lost_and_the_order_stays() {
        for count in [0, 1, 255, 256, 1_000, 10_007] {
            let all: Vec<usize> = (0..count).collect();
            assert_eq!(stretches(&mut all.clone(), |stretch| stretch.to_vec()).concat(), all);
            assert_eq!(at_once(all.clone(), |one| one), all);
        }
    }
}
