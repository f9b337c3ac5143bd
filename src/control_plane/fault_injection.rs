use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Method, Request, Response, Transport, TransportError};

/// Injects faults into a transport, for tests. Deterministic: the faults follow from a seed.
#[derive(Debug)]
pub struct FaultTransport<T> {
    inner: T,
    config: FaultConfig,
    state: Mutex<FaultState>,
}

/// Which faults are injected, and how often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultConfig {
    /// What the faults follow from.
    pub seed: u64,
    /// The share of reads with a fault, from 0 to 1.
    pub read_rate: f64,
    /// The share of writes with a fault, from 0 to 1.
    pub write_rate: f64,
    /// The longest delay of a response.
    pub max_delay: Duration,
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is refused: nothing is sent.
    ConnectionRefused,
    /// The connection breaks before the server sees the request.
    RequestLost,
    /// The connection breaks after the server applied the request.
    ResponseLost,
    /// The server, or a proxy, responds with this status instead of applying the request.
    ErrorStatus(u16),
    /// A proxy responds with this status although the server applied the request.
    ErrorStatusAfterApply(u16),
    /// A proxy responds to a write with a success that is not the server's, and passes nothing on.
    FalseSuccess,
    /// A proxy responds to a write with a success that is not the server's, after the server applied the request.
    FalseSuccessAfterApply,
    /// The response is late.
    Delayed,
}

#[derive(Debug)]
struct FaultState {
    rng_state: u64,
    injected: BTreeMap<Fault, usize>,
}

impl<T> FaultTransport<T> {
    /// Wraps a transport.
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

    /// The faults so far, and how often each.
    pub fn injected_faults(&self) -> BTreeMap<Fault, usize> {
        self.lock().injected.clone()
    }

    /// The wrapped transport.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, FaultState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws the fault of the next request, the delay of its response, and the `Retry-After` of an error.
    fn draw_fault(&self, method: Method) -> (Option<Fault>, Duration, Option<u64>) {
        let mut state = self.lock();
        let rate = match method {
            Method::Get => self.config.read_rate,
            _ => self.config.write_rate,
        };
        let happens = state.next_fraction() < rate;
        let status = [429, 500, 502, 503, 504][(state.next_u64() % 5) as usize];
        let fault = match state.next_u64() % 10 {
            0 => Fault::ConnectionRefused,
            1 => Fault::RequestLost,
            2 | 3 => Fault::ResponseLost,
            4 | 5 => Fault::ErrorStatus(status),
            6 if status != 429 => Fault::ErrorStatusAfterApply(status),
            7 if method != Method::Get => Fault::FalseSuccess,
            8 if method != Method::Get => Fault::FalseSuccessAfterApply,
            _ => Fault::Delayed,
        };
        let delay = self.config.max_delay.mul_f64(state.next_fraction());
        let retry_after = state.next_u64().is_multiple_of(2).then_some(0);
        if happens {
            *state.injected.entry(fault).or_default() += 1;
        }
        (happens.then_some(fault), delay, retry_after)
    }

    fn draw_false_success(&self) -> (u16, &'static str) {
        let drawn = self.lock().next_u64() % FALSE_SUCCESSES.len() as u64;
        FALSE_SUCCESSES[drawn as usize]
    }
}

/// What proxies, login pages and other products answer with.
const FALSE_SUCCESSES: [(u16, &str); 6] = [
    (200, "<html><form action=\"/login\"></form></html>"),
    (200, "{}"),
    (200, "[]"),
    (200, "null"),
    (201, ""),
    (204, " "),
];

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
        let (fault, delay, retry_after) = self.draw_fault(request.method);
        let error_response = |status| Response {
            status,
            retry_after,
            body: Vec::new(),
        };
        let false_success = || {
            let (status, body) = self.draw_false_success();
            Response {
                status,
                retry_after: None,
                body: body.as_bytes().to_vec(),
            }
        };
        match fault {
            None => self.inner.send(request).await,
            Some(Fault::ConnectionRefused) => Err(TransportError::NotSent {
                host: "fault".to_owned(),
                reason: "refused".to_owned(),
            }),
            Some(Fault::RequestLost) => Err(connection_lost_error()),
            Some(Fault::ResponseLost) => self.inner.send(request).await.and(Err(connection_lost_error())),
            Some(Fault::ErrorStatus(status)) => Ok(error_response(status)),
            Some(Fault::ErrorStatusAfterApply(status)) => {
                self.inner.send(request).await.map(|_| error_response(status))
            }
            Some(Fault::FalseSuccess) => Ok(false_success()),
            Some(Fault::FalseSuccessAfterApply) => self.inner.send(request).await.map(|_| false_success()),
            Some(Fault::Delayed) => {
                tokio::time::sleep(delay).await;
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
