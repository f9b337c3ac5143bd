use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Method, Request, Response, Transport, TransportError};

/// A layer of faults around a transport, for tests: what goes wrong follows from a seed.
#[derive(Debug)]
pub struct FaultTransport<T> {
    inner: T,
    faults: Faults,
    state: Mutex<State>,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// What decides which requests it happens to.
    pub seed: u64,
    /// The share of reads that a fault happens to, from 0 to 1.
    pub reads: f64,
    /// The share of writes that a fault happens to, from 0 to 1.
    pub writes: f64,
    /// The longest that an answer is late.
    pub delay: Duration,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is refused: nothing is sent.
    Refused,
    /// The connection breaks before the server sees the request.
    LostBefore,
    /// The connection breaks after the server carried the request out.
    LostAfter,
    /// The server, or a proxy, answers with this status instead of carrying it out.
    Busy(u16),
    /// A proxy answers with this status although the server carried it out.
    BusyAfter(u16),
    /// The answer is late.
    Late,
}

#[derive(Debug)]
struct State {
    random: u64,
    happened: BTreeMap<Fault, usize>,
}

impl<T> FaultTransport<T> {
    /// Lets things go wrong around a transport.
    pub fn new(inner: T, faults: Faults) -> Self {
        Self {
            inner,
            faults,
            state: Mutex::new(State {
                random: faults.seed,
                happened: BTreeMap::new(),
            }),
        }
    }

    /// What went wrong so far, and how often.
    pub fn happened(&self) -> BTreeMap<Fault, usize> {
        self.lock().happened.clone()
    }

    /// The transport beneath.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws what happens to the next request, how late its answer is, and whether a busy server names a time.
    fn draw(&self, method: Method) -> (Option<Fault>, Duration, Option<u64>) {
        let mut state = self.lock();
        let share = match method {
            Method::Get => self.faults.reads,
            _ => self.faults.writes,
        };
        let happens = state.fraction() < share;
        let status = [429, 502, 503, 504][(state.next() % 4) as usize];
        let fault = match state.next() % 8 {
            0 => Fault::Refused,
            1 => Fault::LostBefore,
            2 | 3 => Fault::LostAfter,
            4 | 5 => Fault::Busy(status),
            6 if status != 429 => Fault::BusyAfter(status),
            _ => Fault::Late,
        };
        let late = self.faults.delay.mul_f64(state.fraction());
        let retry_after = state.next().is_multiple_of(2).then_some(0);
        if happens {
            *state.happened.entry(fault).or_default() += 1;
        }
        (happens.then_some(fault), late, retry_after)
    }
}

impl State {
    /// SplitMix64: the same numbers for the same seed, everywhere.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl<T: Transport> Transport for FaultTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (fault, late, retry_after) = self.draw(request.method);
        let busy = |status| Response {
            status,
            retry_after,
            body: Vec::new(),
        };
        match fault {
            None => self.inner.send(request).await,
            Some(Fault::Refused) => Err(TransportError::NotSent {
                host: "fault".to_owned(),
                why: "refused".to_owned(),
            }),
            Some(Fault::LostBefore) => Err(lost()),
            Some(Fault::LostAfter) => self.inner.send(request).await.and(Err(lost())),
            Some(Fault::Busy(status)) => Ok(busy(status)),
            Some(Fault::BusyAfter(status)) => self.inner.send(request).await.map(|_| busy(status)),
            Some(Fault::Late) => {
                tokio::time::sleep(late).await;
                self.inner.send(request).await
            }
        }
    }
}

fn lost() -> TransportError {
    TransportError::Lost {
        host: "fault".to_owned(),
        why: "the connection broke".to_owned(),
    }
}
