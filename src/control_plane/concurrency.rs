use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Limits the concurrency of requests: halves it when the server is overloaded (429, 503), raises it again, up to the given
/// maximum, as requests succeed.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimiter {
    max_in_flight: usize,
    state: Mutex<LimiterState>,
    released: Notify,
}

#[derive(Debug)]
struct LimiterState {
    limit: f64,
    in_flight: usize,
    /// Counts decreases, so that one burst of overload counts once.
    epoch: u64,
}

/// The right to send one request, returned when dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a ConcurrencyLimiter,
    epoch: u64,
}

impl ConcurrencyLimiter {
    /// Allows that many requests at a time, one at least.
    pub(crate) fn new(max_in_flight: usize) -> Self {
        let max_in_flight = max_in_flight.max(1);
        Self {
            max_in_flight,
            state: Mutex::new(LimiterState {
                limit: max_in_flight as f64,
                in_flight: 0,
                epoch: 0,
            }),
            released: Notify::new(),
        }
    }

    /// The maximum.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// Waits until a request may be sent.
    pub(crate) async fn acquire(&self) -> Permit<'_> {
        loop {
            let released = self.released.notified();
            if let Some(permit) = self.try_acquire() {
                return permit;
            }
            released.await;
        }
    }

    fn try_acquire(&self) -> Option<Permit<'_>> {
        let mut state = self.lock();
        (state.in_flight < state.current_limit()).then(|| {
            state.in_flight += 1;
            Permit {
                limiter: self,
                epoch: state.epoch,
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, LimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LimiterState {
    fn current_limit(&self) -> usize {
        (self.limit as usize).max(1)
    }
}

impl Permit<'_> {
    /// Raises the limit: by one for about as many successes as it is high.
    pub(crate) fn report_success(self) {
        let mut state = self.limiter.lock();
        state.limit = (state.limit + 1.0 / state.limit).min(self.limiter.max_in_flight as f64);
    }

    /// Halves the limit, once a burst.
    pub(crate) fn report_overload(self) {
        let mut state = self.limiter.lock();
        if state.epoch == self.epoch {
            state.epoch += 1;
            state.limit = (state.limit / 2.0).max(1.0);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        state.in_flight -= 1;
        let room = state.current_limit().saturating_sub(state.in_flight);
        drop(state);
        for _ in 0..room.min(2) {
            self.limiter.released.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ConcurrencyLimiter;

    #[tokio::test]
    async fn halves_once_a_burst_and_recovers() {
        let limiter = ConcurrencyLimiter::new(8);
        let (first, second) = (limiter.acquire().await, limiter.acquire().await);
        first.report_overload();
        second.report_overload();
        assert_eq!(limiter.lock().current_limit(), 4);
        for _ in 0..100 {
            limiter.acquire().await.report_success();
        }
        assert_eq!(limiter.lock().current_limit(), 8);
    }

    #[tokio::test]
    async fn never_lets_more_through_than_allowed_and_wakes_all_who_wait() {
        let limiter = std::sync::Arc::new(ConcurrencyLimiter::new(3));
        let under_way = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (limiter, under_way) = (limiter.clone(), under_way.clone());
                tokio::spawn(async move {
                    let permit = limiter.acquire().await;
                    let now = under_way.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                    tokio::task::yield_now().await;
                    under_way.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    if now % 3 == 0 {
                        permit.report_overload()
                    } else {
                        permit.report_success()
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
        let limiter = ConcurrencyLimiter::new(2);
        for _ in 0..5 {
            limiter.acquire().await.report_overload();
        }
        assert_eq!(limiter.lock().current_limit(), 1);
        limiter.acquire().await.report_success();
    }
}
