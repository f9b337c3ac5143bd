use std::fmt;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use super::{RetryLater, TransportError};

/// The longest that a server's `Retry-After` is honoured.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);

/// How often something is tried again, and how long is waited in between: exponential, with jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often at most, the first try not counted.
    pub max_retries: usize,
    /// The first wait.
    pub min_delay: Duration,
    /// The longest wait, a server's `Retry-After` not counted.
    pub max_delay: Duration,
}

/// Something is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAttempt {
    /// The number of the try that failed, from 1 on.
    pub attempt: usize,
    /// How long is waited before the next.
    pub delay: Duration,
    /// Why.
    pub error: RequestError,
}

/// Why a request got no answer that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// None came.
    Transport(TransportError),
    /// The server, or a proxy before it, asks for patience.
    RetryLater(RetryLater),
}

/// No answer that counts came, however often it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetriesExhausted {
    /// What was wrong the last time.
    pub last_error: RequestError,
    /// Whether the server may have carried the request out all the same.
    pub may_have_applied: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 6,
            min_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(10),
        }
    }
}

impl RetryPolicy {
    /// The waits between the tries of one request.
    pub fn backoff_delays(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        let (jitter, _) = uuid::Uuid::new_v4().as_u64_pair();
        ExponentialBuilder::new()
            .with_min_delay(self.min_delay)
            .with_max_delay(self.max_delay)
            .with_max_times(self.max_retries)
            .with_jitter_seed(jitter)
            .with_jitter()
            .build()
    }
}

impl RequestError {
    /// Whether the request may have been carried out all the same.
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::Transport(TransportError::NotSent { .. }) => false,
            Self::Transport(TransportError::ResponseLost { .. }) => true,
            Self::RetryLater(later) => later.may_have_applied,
        }
    }

    /// How long to wait, given what would be waited anyway.
    pub fn retry_delay(&self, backoff: Duration) -> Duration {
        match self {
            Self::RetryLater(RetryLater {
                retry_after: Some(asked),
                ..
            }) => backoff.max(*asked).min(MAX_RETRY_AFTER),
            _ => backoff,
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(f),
            Self::RetryLater(RetryLater { status: 429, .. }) => {
                f.write_str("the control plane says it is asked too much (429)")
            }
            Self::RetryLater(later) => write!(f, "the control plane is not available ({})", later.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_names_a_time_is_given_it_within_reason() {
        let busy = |seconds| {
            RequestError::RetryLater(RetryLater {
                status: 429,
                retry_after: Some(Duration::from_secs(seconds)),
                may_have_applied: false,
            })
        };
        assert_eq!(busy(3).retry_delay(Duration::from_millis(200)), Duration::from_secs(3));
        assert_eq!(
            busy(0).retry_delay(Duration::from_millis(200)),
            Duration::from_millis(200)
        );
        assert_eq!(busy(86_400).retry_delay(Duration::from_millis(200)), MAX_RETRY_AFTER);
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = RetryPolicy::default().backoff_delays().collect();
        assert_eq!(waits.len(), 6);
        assert!(
            waits.iter().all(|wait| *wait >= Duration::from_millis(200)),
            "{waits:?}"
        );
        assert!(waits[5] > waits[0] * 4, "{waits:?}");
    }
}
