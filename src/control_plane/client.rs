use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::Semaphore;

use super::{
    AdminApiError, Clock, Dialect, NodeInfo, ReadError, Request, RequestError, Response, ResponseOutcome, RetryAttempt,
    RetryPolicy, Transport, TransportError,
};
use crate::concurrency::ConcurrencyLimiter;
use crate::response_outcome::parse_retry_later;
use crate::retry::RetriesExhausted;
use schema::{FieldPath, Kind};
use state::EntityBody;

/// A wait that a server asks for is told after so long.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// An error of the server's own. It may pass; if it does not, what the server says is the answer.
const INTERNAL_ERROR: u16 = 500;

/// A client of a control plane: its dialect, a transport, a clock, and the concurrency limit and the retry policy that reads
/// and writes share.
#[derive(Debug)]
pub struct Client<T, C> {
    pub(super) transport: T,
    pub(super) clock: C,
    pub(super) dialect: Dialect,
    pub(super) limiter: ConcurrencyLimiter,
    /// One for each core: more threads that parse pages at once only take more memory.
    pub(super) parse_permits: Semaphore,
    retry_policy: RetryPolicy,
    on_long_wait: OnLongWait,
    has_answered: AtomicBool,
}

/// A response that no retry would change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClassifiedResponse {
    pub outcome: ResponseOutcome,
    pub response: Response,
    /// Whether an earlier attempt of the same request may have been applied.
    pub may_have_applied_before: bool,
}

/// Called before every retry. Its future ends the wait, and with it the retries.
pub type OnRetry<'a> = &'a (dyn Fn(RetryAttempt) -> Interruption + Send + Sync);

/// Ends when a wait is to be given up.
pub type Interruption = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Called during a wait for which the server asked, once it lasts.
pub type OnLongWait = fn(&RequestError, Duration);

/// Retries without being told, and gives up no wait.
pub fn retry_silently(_: RetryAttempt) -> Interruption {
    Box::pin(std::future::pending())
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Sends at most `parallelism` requests at a time.
    pub fn new(transport: T, clock: C, dialect: Dialect, parallelism: usize) -> Self {
        Self {
            transport,
            clock,
            dialect,
            limiter: ConcurrencyLimiter::new(parallelism),
            parse_permits: Semaphore::new(rayon::current_num_threads()),
            retry_policy: RetryPolicy::default(),
            on_long_wait: |_, _| {},
            has_answered: AtomicBool::new(false),
        }
    }

    /// Replaces the default policy.
    pub fn with_retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Calls this during waits that a server asks for, once they last.
    pub fn with_long_wait_notice(mut self, on_long_wait: OnLongWait) -> Self {
        self.on_long_wait = on_long_wait;
        self
    }

    /// How many requests are sent at a time, at most.
    pub fn parallelism(&self) -> usize {
        self.limiter.max_in_flight()
    }

    /// The clock.
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// The transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Reads version, edition and plugins of the node. They are unknown to a token that may not read them (403).
    ///
    /// # Errors
    /// No response, wrong credentials, or a response that is not Kong's.
    pub async fn read_node_info(&self) -> Result<NodeInfo, ReadError> {
        let request = self.dialect.node_info_request();
        let classified = self.send_read(&request).await?;
        match classified.outcome {
            ResponseOutcome::Success => NodeInfo::parse(&classified.response.body)
                .ok_or_else(|| unreadable_response_error(&request, "it names no version")),
            ResponseOutcome::Forbidden => Ok(NodeInfo::default()),
            _ => Err(unexpected_response_error(&request, classified)),
        }
    }

    /// Validates a body against its kind's schema on the node; nothing is stored. Returns what is invalid, if anything is.
    ///
    /// # Errors
    /// No response, wrong credentials, or a response that is not Kong's.
    pub async fn validate_entity(&self, kind: &Kind, body: &EntityBody) -> Result<Option<AdminApiError>, ReadError> {
        let request = self.dialect.validate_request(kind, body);
        let classified = self.send_read(&request).await?;
        match classified.outcome {
            ResponseOutcome::Success => Ok(None),
            ResponseOutcome::Invalid(error) | ResponseOutcome::Conflict(error) => Ok(Some(error)),
            ResponseOutcome::NotFound | ResponseOutcome::Unsupported => Ok(Some(AdminApiError {
                status: classified.response.status,
                fields: vec![(FieldPath::default(), "the control plane has no such kind".to_owned())],
                message: None,
            })),
            ResponseOutcome::Unauthorized => Err(ReadError::Unauthorized { path: request.path }),
            ResponseOutcome::Forbidden => Err(ReadError::Forbidden { path: request.path }),
            // the server's sentence may repeat what was sent
            _ => Err(ReadError::Unexpected {
                method: request.method,
                path: request.path,
                status: classified.response.status,
                message: None,
            }),
        }
    }

    /// Sends a read, with retries.
    pub(super) async fn send_read(&self, request: &Request) -> Result<ClassifiedResponse, ReadError> {
        let sent = self.send_with_retry(request, &retry_silently).await;
        sent.map_err(|exhausted| ReadError::NoResponse(exhausted.last_error))
    }

    /// Sends a request until a response is final. The one place that retries.
    pub(super) async fn send_with_retry(
        &self,
        request: &Request,
        on_retry: OnRetry<'_>,
    ) -> Result<ClassifiedResponse, RetriesExhausted> {
        let mut delays = self.retry_policy.backoff_delays();
        let mut may_have_applied = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let sent = self
                .send_once(request)
                .await
                .map(|(outcome, response)| ClassifiedResponse {
                    outcome,
                    response,
                    may_have_applied_before: may_have_applied,
                });
            let error = match sent {
                Ok(classified) if classified.response.status != INTERNAL_ERROR => return Ok(classified),
                Ok(ref classified) => RequestError::RetryLater(parse_retry_later(&classified.response)),
                Err(ref error) => error.clone(),
            };
            may_have_applied |= error.may_have_applied();
            let Some(backoff) = delays.next().filter(|_| self.should_retry(&error)) else {
                return sent.map_err(|last_error| RetriesExhausted {
                    last_error,
                    may_have_applied,
                });
            };
            let delay = error.retry_delay(backoff);
            tracing::debug!(%request.method, request.path, attempt, wait = ?delay, trouble = %error, "trying again");
            let wait = pin!(self.wait(delay, error.clone()));
            let interruption = on_retry(RetryAttempt { attempt, delay, error });
            if let Either::Right(_) = select(wait, interruption).await {
                return sent.map_err(|last_error| RetriesExhausted {
                    last_error,
                    may_have_applied,
                });
            }
        }
    }

    /// Waits; a long wait that the server asked for is told once it lasts.
    async fn wait(&self, delay: Duration, error: RequestError) {
        let is_asked_for = matches!(&error, RequestError::RetryLater(later) if later.retry_after.is_some());
        if !is_asked_for || delay <= LONG_WAIT {
            return self.clock.sleep(delay).await;
        }
        self.clock.sleep(LONG_WAIT).await;
        (self.on_long_wait)(&error, delay);
        self.clock.sleep(delay - LONG_WAIT).await;
    }

    async fn send_once(&self, request: &Request) -> Result<(ResponseOutcome, Response), RequestError> {
        let permit = self.limiter.acquire().await;
        let sent = self.transport.send(request.clone()).await;
        let response = sent.map_err(RequestError::Transport)?;
        tracing::trace!(%request.method, request.path, response.status, bytes = response.body.len(), "answered");
        self.has_answered.store(true, Ordering::Relaxed);
        match self.dialect.classify_response(&response) {
            ResponseOutcome::RetryLater(later) => {
                if matches!(later.status, 429 | 503) {
                    permit.report_overload();
                }
                Err(RequestError::RetryLater(later))
            }
            outcome => {
                permit.report_success();
                Ok((outcome, response))
            }
        }
    }

    /// Nothing is retried where no connection was ever made: most likely the address is wrong.
    fn should_retry(&self, error: &RequestError) -> bool {
        let is_unconnected = matches!(error, RequestError::Transport(TransportError::NotSent { .. }));
        !is_unconnected || self.has_answered.load(Ordering::Relaxed)
    }
}

/// The error of a response that is not what was read for.
pub(super) fn unexpected_response_error(request: &Request, classified: ClassifiedResponse) -> ReadError {
    let path = request.path.clone();
    match classified.outcome {
        ResponseOutcome::Unauthorized => ReadError::Unauthorized { path },
        ResponseOutcome::Forbidden => ReadError::Forbidden { path },
        ResponseOutcome::Invalid(error) | ResponseOutcome::Conflict(error) | ResponseOutcome::Unexpected(error) => {
            ReadError::Unexpected {
                method: request.method,
                path,
                status: classified.response.status,
                message: error_message(error),
            }
        }
        _ => ReadError::Unexpected {
            method: request.method,
            path,
            status: classified.response.status,
            message: None,
        },
    }
}

/// What the server says is wrong; a read sends nothing secret that it could repeat.
fn error_message(error: AdminApiError) -> Option<String> {
    let fields = error.fields.iter().map(|(path, text)| format!("{path}: {text}"));
    error
        .message
        .or_else(|| fields.reduce(|all, next| format!("{all}; {next}")))
}

/// The error of a response that cannot be read.
pub(super) fn unreadable_response_error(request: &Request, reason: impl Into<String>) -> ReadError {
    ReadError::InvalidResponse {
        path: request.path.clone(),
        reason: reason.into(),
    }
}
