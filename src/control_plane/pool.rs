use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Bounds how many requests are under way: at most as many as asked for, fewer after the server said that it is too
/// much, more again as it copes.
#[derive(Debug)]
pub struct Pool {
    most: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    allowed: f64,
    busy: usize,
    /// Counts decreases, so that one burst of refusals counts once.
    epoch: u64,
}

/// The right to send one request. Dropping it gives it back.
#[derive(Debug)]
pub struct Permit<'a> {
    pool: &'a Pool,
    epoch: u64,
}

impl Pool {
    /// A pool of that many requests at once, one at least.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            most,
            state: Mutex::new(State {
                allowed: most as f64,
                busy: 0,
                epoch: 0,
            }),
            freed: Notify::new(),
        }
    }

    /// How many requests may be under way at most.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many may be under way now.
    pub fn allowed(&self) -> usize {
        self.lock().room()
    }

    /// Waits for the right to send a request.
    pub async fn permit(&self) -> Permit<'_> {
        loop {
            let freed = self.freed.notified();
            if let Some(permit) = self.try_permit() {
                return permit;
            }
            freed.await;
        }
    }

    fn try_permit(&self) -> Option<Permit<'_>> {
        let mut state = self.lock();
        (state.busy < state.room()).then(|| {
            state.busy += 1;
            Permit {
                pool: self,
                epoch: state.epoch,
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&self) -> usize {
        (self.allowed as usize).max(1)
    }
}

impl Permit<'_> {
    /// The server answered: a little more may be asked of it.
    pub fn went_well(self) {
        let mut state = self.pool.lock();
        state.allowed = (state.allowed + 1.0 / state.allowed).min(self.pool.most as f64);
    }

    /// The server said that it is too much: half as much is asked of it.
    pub fn too_much(self) {
        let mut state = self.pool.lock();
        if state.epoch == self.epoch {
            state.epoch += 1;
            state.allowed = (state.allowed / 2.0).max(1.0);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.busy -= 1;
        let room = state.room().saturating_sub(state.busy);
        drop(state);
        for _ in 0..room.min(2) {
            self.pool.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[tokio::test]
    async fn halves_once_a_burst_and_recovers() {
        let pool = Pool::new(8);
        let (first, second) = (pool.permit().await, pool.permit().await);
        first.too_much();
        second.too_much();
        assert_eq!(pool.allowed(), 4);
        for _ in 0..100 {
            pool.permit().await.went_well();
        }
        assert_eq!(pool.allowed(), 8);
    }

    #[tokio::test]
    async fn never_lets_more_through_than_allowed_and_wakes_all_who_wait() {
        let pool = std::sync::Arc::new(Pool::new(3));
        let under_way = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (pool, under_way) = (pool.clone(), under_way.clone());
                tokio::spawn(async move {
                    let permit = pool.permit().await;
                    let now = under_way.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                    tokio::task::yield_now().await;
                    under_way.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    if now % 3 == 0 {
                        permit.too_much()
                    } else {
                        permit.went_well()
                    }
                    now
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap() <= 3);
        }
    }

    #[tokio::test]
    async fn keeps_one_request_going_however_often_it_is_too_much() {
        let pool = Pool::new(2);
        for _ in 0..5 {
            pool.permit().await.too_much();
        }
        assert_eq!(pool.allowed(), 1);
        pool.permit().await.went_well();
    }
}
