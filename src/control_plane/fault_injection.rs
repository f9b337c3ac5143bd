use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Method, Request, Response, Transport, TransportError};

/// A layer of faults around a transport, for tests: what goes wrong follows from a seed.
#[derive(Debug)]
pub struct FaultTransport<T> {
    inner: T,
    config: FaultConfig,
    state: Mutex<FaultState>,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultConfig {
    /// What decides which requests it happens to.
    pub seed: u64,
    /// The share of reads that a fault happens to, from 0 to 1.
    pub read_rate: f64,
    /// The share of writes that a fault happens to, from 0 to 1.
    pub write_rate: f64,
    /// The longest that an answer is late.
    pub max_delay: Duration,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is refused: nothing is sent.
    ConnectionRefused,
    /// The connection breaks before the server sees the request.
    RequestLost,
    /// The connection breaks after the server carried the request out.
    ResponseLost,
    /// The server, or a proxy, answers with this status instead of carrying it out.
    ErrorStatus(u16),
    /// A proxy answers with this status although the server carried it out.
    ErrorStatusAfterApply(u16),
    /// The answer is late.
    Delayed,
}

#[derive(Debug)]
struct FaultState {
    rng_state: u64,
    injected: BTreeMap<Fault, usize>,
}

impl<T> FaultTransport<T> {
    /// Lets things go wrong around a transport.
    pub fn new(inner: T, config: FaultConfig) -> Self {
        Self {
            inner,
            config,
            state: Mutex::new(FaultState {
                rng_state: config.seed,
                injected: BTreeMap::new(),
            }),
        }
    }

    /// What went wrong so far, and how often.
    pub fn injected_faults(&self) -> BTreeMap<Fault, usize> {
        self.lock().injected.clone()
    }

    /// The transport beneath.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, FaultState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws what happens to the next request, how late its answer is, and whether a busy server names a time.
    fn draw_fault(&self, method: Method) -> (Option<Fault>, Duration, Option<u64>) {
        let mut state = self.lock();
        let share = match method {
            Method::Get => self.config.read_rate,
            _ => self.config.write_rate,
        };
        let happens = state.next_fraction() < share;
        let status = [429, 502, 503, 504][(state.next_u64() % 4) as usize];
        let fault = match state.next_u64() % 8 {
            0 => Fault::ConnectionRefused,
            1 => Fault::RequestLost,
            2 | 3 => Fault::ResponseLost,
            4 | 5 => Fault::ErrorStatus(status),
            6 if status != 429 => Fault::ErrorStatusAfterApply(status),
            _ => Fault::Delayed,
        };
        let late = self.config.max_delay.mul_f64(state.next_fraction());
        let retry_after = state.next_u64().is_multiple_of(2).then_some(0);
        if happens {
            *state.injected.entry(fault).or_default() += 1;
        }
        (happens.then_some(fault), late, retry_after)
    }
}

impl FaultState {
    /// SplitMix64: the same numbers for the same seed, everywhere.
    fn next_u64(&mut self) -> u64 {
        self.rng_state = self.rng_state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.rng_state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn next_fraction(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl<T: Transport> Transport for FaultTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (fault, late, retry_after) = self.draw_fault(request.method);
        let busy = |status| Response {
            status,
            retry_after,
            body: Vec::new(),
        };
        match fault {
            None => self.inner.send(request).await,
            Some(Fault::ConnectionRefused) => Err(TransportError::NotSent {
                host: "fault".to_owned(),
                reason: "refused".to_owned(),
            }),
            Some(Fault::RequestLost) => Err(connection_lost_error()),
            Some(Fault::ResponseLost) => self.inner.send(request).await.and(Err(connection_lost_error())),
            Some(Fault::ErrorStatus(status)) => Ok(busy(status)),
            Some(Fault::ErrorStatusAfterApply(status)) => self.inner.send(request).await.map(|_| busy(status)),
            Some(Fault::Delayed) => {
                tokio::time::sleep(late).await;
                self.inner.send(request).await
            }
        }
    }
}

fn connection_lost_error() -> TransportError {
    TransportError::ResponseLost {
        host: "fault".to_owned(),
        reason: "the connection broke".to_owned(),
    }
}
