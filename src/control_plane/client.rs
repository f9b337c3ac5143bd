use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::{
    AdminApiError, Clock, ConcurrencyLimiter, Dialect, NodeInfo, ReadError, Request, RequestError, Response,
    ResponseOutcome, RetriesExhausted, RetryAttempt, RetryPolicy, Transport, TransportError,
};
use schema::{FieldPath, Kind};
use state::EntityBody;

/// Whoever talks to a control plane: its dialect, a transport, a clock, and the one pool and the one rule of retries
/// that reads and writes share.
#[derive(Debug)]
pub struct Client<T, C> {
    pub(super) transport: T,
    pub(super) clock: C,
    pub(super) dialect: Dialect,
    pub(super) limiter: ConcurrencyLimiter,
    /// One for each core: more threads that read pages at once only take more memory.
    pub(super) parse_permits: Semaphore,
    retry_policy: RetryPolicy,
    has_answered: AtomicBool,
}

/// An answer that counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClassifiedResponse {
    /// What it means.
    pub outcome: ResponseOutcome,
    /// The answer itself.
    pub response: Response,
    /// Whether an earlier try of the same request may have been carried out.
    pub may_have_applied_before: bool,
}

/// Is told of every retry.
pub type OnRetry<'a> = &'a (dyn Fn(RetryAttempt) + Send + Sync);

impl<T: Transport, C: Clock> Client<T, C> {
    /// Talks over that transport, with at most `parallelism` requests under way.
    pub fn new(transport: T, clock: C, dialect: Dialect, parallelism: usize) -> Self {
        Self {
            transport,
            clock,
            dialect,
            limiter: ConcurrencyLimiter::new(parallelism),
            parse_permits: Semaphore::new(rayon::current_num_threads()),
            retry_policy: RetryPolicy::default(),
            has_answered: AtomicBool::new(false),
        }
    }

    /// The same with another rule of retries.
    pub fn with_retry_policy(mut self, retries: RetryPolicy) -> Self {
        self.retry_policy = retries;
        self
    }

    /// How many requests may be under way at most.
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

    /// Asks who the node is. A token that may not ask for it (403) gets an answer that tells nothing.
    ///
    /// # Errors
    /// No answer, wrong credentials, or an answer that is not Kong's.
    pub async fn read_node_info(&self) -> Result<NodeInfo, ReadError> {
        let request = self.dialect.node_info_request();
        let answer = self.send_read(&request).await?;
        match answer.outcome {
            ResponseOutcome::Success => NodeInfo::parse(&answer.response.body)
                .ok_or_else(|| unreadable_response_error(&request, "it names no version")),
            ResponseOutcome::Forbidden => Ok(NodeInfo::default()),
            _ => Err(unexpected_response_error(&request, answer)),
        }
    }

    /// Asks whether a body fits its kind's schema; nothing is stored. What the node refuses, if it does.
    ///
    /// # Errors
    /// No answer, wrong credentials, or an answer that is not Kong's.
    pub async fn validate_entity(&self, kind: &Kind, body: &EntityBody) -> Result<Option<AdminApiError>, ReadError> {
        let request = self.dialect.validate_request(kind, body);
        let answer = self.send_read(&request).await?;
        match answer.outcome {
            ResponseOutcome::Success => Ok(None),
            ResponseOutcome::Invalid(refusal) | ResponseOutcome::Conflict(refusal) => Ok(Some(refusal)),
            ResponseOutcome::NotFound | ResponseOutcome::Unsupported => Ok(Some(AdminApiError {
                status: answer.response.status,
                fields: vec![(FieldPath::default(), "the control plane has no such kind".to_owned())],
                message: None,
            })),
            ResponseOutcome::Unauthorized => Err(ReadError::Unauthorized { path: request.path }),
            ResponseOutcome::Forbidden => Err(ReadError::Forbidden { path: request.path }),
            // the server's sentence may repeat what was sent
            _ => Err(ReadError::Unexpected {
                method: request.method,
                path: request.path,
                status: answer.response.status,
                message: None,
            }),
        }
    }

    /// Sends a read, and tries again where that may help.
    pub(super) async fn send_read(&self, request: &Request) -> Result<ClassifiedResponse, ReadError> {
        let answer = self.send_with_retry(request, &|_| {}).await;
        answer.map_err(|gave_up| ReadError::NoResponse(gave_up.last_error))
    }

    /// Sends a request until an answer counts. The one place where anything is tried again.
    pub(super) async fn send_with_retry(
        &self,
        request: &Request,
        on_retry: OnRetry<'_>,
    ) -> Result<ClassifiedResponse, RetriesExhausted> {
        let mut waits = self.retry_policy.backoff_delays();
        let mut maybe_done = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let trouble = match self.send_once(request).await {
                Ok((outcome, response)) => {
                    return Ok(ClassifiedResponse {
                        outcome,
                        response,
                        may_have_applied_before: maybe_done,
                    });
                }
                Err(trouble) => trouble,
            };
            maybe_done |= trouble.may_have_applied();
            let Some(backoff) = waits.next().filter(|_| self.should_retry(&trouble)) else {
                return Err(RetriesExhausted {
                    last_error: trouble,
                    may_have_applied: maybe_done,
                });
            };
            let wait = trouble.retry_delay(backoff);
            tracing::debug!(%request.method, request.path, attempt, ?wait, %trouble, "trying again");
            on_retry(RetryAttempt {
                attempt,
                delay: wait,
                error: trouble,
            });
            self.clock.sleep(wait).await;
        }
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

    /// A control plane that cannot be connected to and never answered is most likely a wrong address.
    fn should_retry(&self, trouble: &RequestError) -> bool {
        let unconnected = matches!(trouble, RequestError::Transport(TransportError::NotSent { .. }));
        !unconnected || self.has_answered.load(Ordering::Relaxed)
    }
}

/// The error of a read that was answered, but not with what was asked for.
pub(super) fn unexpected_response_error(request: &Request, answer: ClassifiedResponse) -> ReadError {
    let path = request.path.clone();
    match answer.outcome {
        ResponseOutcome::Unauthorized => ReadError::Unauthorized { path },
        ResponseOutcome::Forbidden => ReadError::Forbidden { path },
        ResponseOutcome::Invalid(refusal)
        | ResponseOutcome::Conflict(refusal)
        | ResponseOutcome::Unexpected(refusal) => ReadError::Unexpected {
            method: request.method,
            path,
            status: answer.response.status,
            message: error_message(refusal),
        },
        _ => ReadError::Unexpected {
            method: request.method,
            path,
            status: answer.response.status,
            message: None,
        },
    }
}

/// The words of a refusal; a read sends nothing that could be secret.
fn error_message(refusal: AdminApiError) -> Option<String> {
    let fields = refusal.fields.iter().map(|(path, text)| format!("{path}: {text}"));
    refusal
        .message
        .or_else(|| fields.reduce(|all, one| format!("{all}; {one}")))
}

/// The error of an answer that cannot be made sense of.
pub(super) fn unreadable_response_error(request: &Request, why: impl Into<String>) -> ReadError {
    ReadError::InvalidResponse {
        path: request.path.clone(),
        reason: why.into(),
    }
}
