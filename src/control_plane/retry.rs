use std::fmt;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use super::{Later, TransportError};

/// The longest that a server's `Retry-After` is honoured.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often something is tried again, and how long is waited in between: exponential, with jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often at most, the first try not counted.
    pub times: usize,
    /// The first wait.
    pub first: Duration,
    /// The longest wait, a server's `Retry-After` not counted.
    pub longest: Duration,
}

/// Something is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The number of the try that failed, from 1 on.
    pub attempt: usize,
    /// How long is waited before the next.
    pub wait: Duration,
    /// Why.
    pub why: Trouble,
}

/// Why a request got no answer that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// None came.
    NoAnswer(TransportError),
    /// The server, or a proxy before it, asks for patience.
    Busy(Later),
}

/// No answer that counts came, however often it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaveUp {
    /// What was wrong the last time.
    pub why: Trouble,
    /// Whether the server may have carried the request out all the same.
    pub maybe_done: bool,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            times: 6,
            first: Duration::from_millis(200),
            longest: Duration::from_secs(10),
        }
    }
}

impl Retries {
    /// The waits between the tries of one request.
    pub fn waits(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        let (jitter, _) = uuid::Uuid::new_v4().as_u64_pair();
        ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.times)
            .with_jitter_seed(jitter)
            .with_jitter()
            .build()
    }
}

impl Trouble {
    /// Whether the request may have been carried out all the same.
    pub fn maybe_done(&self) -> bool {
        match self {
            Self::NoAnswer(TransportError::NotSent { .. }) => false,
            Self::NoAnswer(TransportError::Lost { .. }) => true,
            Self::Busy(later) => later.maybe_done,
        }
    }

    /// How long to wait, given what would be waited anyway.
    pub fn wait(&self, backoff: Duration) -> Duration {
        match self {
            Self::Busy(Later { wait: Some(asked), .. }) => backoff.max(*asked).min(PATIENCE),
            _ => backoff,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(error) => error.fmt(f),
            Self::Busy(Later { status: 429, .. }) => f.write_str("the control plane says it is asked too much (429)"),
            Self::Busy(later) => write!(f, "the control plane is not available ({})", later.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_names_a_time_is_given_it_within_reason() {
        let busy = |seconds| {
            Trouble::Busy(Later {
                status: 429,
                wait: Some(Duration::from_secs(seconds)),
                maybe_done: false,
            })
        };
        assert_eq!(busy(3).wait(Duration::from_millis(200)), Duration::from_secs(3));
        assert_eq!(busy(0).wait(Duration::from_millis(200)), Duration::from_millis(200));
        assert_eq!(busy(86_400).wait(Duration::from_millis(200)), PATIENCE);
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = Retries::default().waits().collect();
        assert_eq!(waits.len(), 6);
        assert!(
            waits.iter().all(|wait| *wait >= Duration::from_millis(200)),
            "{waits:?}"
        );
        assert!(waits[5] > waits[0] * 4, "{waits:?}");
    }
}
