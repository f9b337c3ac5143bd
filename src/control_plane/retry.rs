use std::fmt;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use super::{RetryLater, TransportError};

/// The longest that a server's `Retry-After` is honoured.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);

/// How often a request is retried, and after which delays: exponential backoff with jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often at most, the first attempt not counted.
    pub max_retries: usize,
    /// The first delay.
    pub min_delay: Duration,
    /// The longest delay, a server's `Retry-After` not counted.
    pub max_delay: Duration,
}

/// A retry to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAttempt {
    /// The number of the attempt that failed, from 1 on.
    pub attempt: usize,
    /// The time until the next attempt.
    pub delay: Duration,
    /// Why it failed.
    pub error: RequestError,
}

/// Why an attempt had no final response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// No response came.
    Transport(TransportError),
    /// The server, or a proxy before it, asks for patience.
    RetryLater(RetryLater),
}

/// A request had no final response, however often it was retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RetriesExhausted {
    /// Why the last attempt failed.
    pub last_error: RequestError,
    /// Whether the server may have applied the request all the same.
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
    /// The delays between the attempts of one request.
    pub(crate) fn backoff_delays(&self) -> impl Iterator<Item = Duration> + Send + use<> {
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
    /// Whether the server may have applied the request all the same.
    pub(crate) fn may_have_applied(&self) -> bool {
        match self {
            Self::Transport(TransportError::NotSent { .. }) => false,
            Self::Transport(TransportError::ResponseLost { .. }) => true,
            Self::RetryLater(retry_later) => retry_later.may_have_applied,
        }
    }

    /// The delay before the next attempt, given that of the policy.
    pub(crate) fn retry_delay(&self, backoff: Duration) -> Duration {
        match self {
            Self::RetryLater(RetryLater {
                retry_after: Some(retry_after),
                ..
            }) => backoff.max(*retry_after).min(MAX_RETRY_AFTER),
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
            Self::RetryLater(RetryLater { status: 500, .. }) => {
                f.write_str("the control plane answers with an error of its own (500)")
            }
            Self::RetryLater(retry_later) => write!(f, "the control plane is not available ({})", retry_later.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_honoured_within_limits() {
        let rate_limited = |seconds| {
            RequestError::RetryLater(RetryLater {
                status: 429,
                retry_after: Some(Duration::from_secs(seconds)),
                may_have_applied: false,
            })
        };
        assert_eq!(
            rate_limited(3).retry_delay(Duration::from_millis(200)),
            Duration::from_secs(3)
        );
        assert_eq!(
            rate_limited(0).retry_delay(Duration::from_millis(200)),
            Duration::from_millis(200)
        );
        assert_eq!(
            rate_limited(86_400).retry_delay(Duration::from_millis(200)),
            MAX_RETRY_AFTER
        );
    }

    #[test]
    fn delays_grow_and_end() {
        let delays: Vec<_> = RetryPolicy::default().backoff_delays().collect();
        assert_eq!(delays.len(), 6);
        assert!(
            delays.iter().all(|delay| *delay >= Duration::from_millis(200)),
            "{delays:?}"
        );
        assert!(delays[5] > delays[0] * 4, "{delays:?}");
    }
}
