use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::{
    Clock, Dialect, GaveUp, Outcome, Pool, ReadError, Refusal, Request, Response, Retries, Retry, Root, Transport,
    TransportError, Trouble,
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
    pub(super) pool: Pool,
    /// One for each core: more threads that read pages at once only take more memory.
    pub(super) readers: Semaphore,
    retries: Retries,
    answered: AtomicBool,
}

/// An answer that counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// What it means.
    pub outcome: Outcome,
    /// The answer itself.
    pub response: Response,
    /// Whether an earlier try of the same request may have been carried out.
    pub maybe_done_before: bool,
}

/// Is told of every retry.
pub type OnRetry<'a> = &'a (dyn Fn(Retry) + Send + Sync);

impl<T: Transport, C: Clock> Client<T, C> {
    /// Talks over that transport, with at most `parallelism` requests under way.
    pub fn new(transport: T, clock: C, dialect: Dialect, parallelism: usize) -> Self {
        Self {
            transport,
            clock,
            dialect,
            pool: Pool::new(parallelism),
            readers: Semaphore::new(rayon::current_num_threads()),
            retries: Retries::default(),
            answered: AtomicBool::new(false),
        }
    }

    /// The same with another rule of retries.
    pub fn with_retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// How many requests may be under way at most.
    pub fn parallelism(&self) -> usize {
        self.pool.most()
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
    pub async fn root(&self) -> Result<Root, ReadError> {
        let request = self.dialect.root();
        let answer = self.ask(&request).await?;
        match answer.outcome {
            Outcome::Done => {
                Root::read(&answer.response.body).ok_or_else(|| unreadable(&request, "it names no version"))
            }
            Outcome::Forbidden => Ok(Root::default()),
            _ => Err(refused(&request, answer)),
        }
    }

    /// Asks whether a body fits its kind's schema; nothing is stored. What the node refuses, if it does.
    ///
    /// # Errors
    /// No answer, wrong credentials, or an answer that is not Kong's.
    pub async fn validate(&self, kind: &Kind, body: &EntityBody) -> Result<Option<Refusal>, ReadError> {
        let request = self.dialect.validate(kind, body);
        let answer = self.ask(&request).await?;
        match answer.outcome {
            Outcome::Done => Ok(None),
            Outcome::Refused(refusal) | Outcome::Conflict(refusal) => Ok(Some(refusal)),
            Outcome::Missing | Outcome::NotHere => Ok(Some(Refusal {
                status: answer.response.status,
                fields: vec![(FieldPath::default(), "the control plane has no such kind".to_owned())],
                message: None,
            })),
            Outcome::Unauthorised => Err(ReadError::Unauthorised { path: request.path }),
            Outcome::Forbidden => Err(ReadError::Forbidden { path: request.path }),
            // the server's sentence may repeat what was sent
            _ => Err(ReadError::Unexpected {
                method: request.method,
                path: request.path,
                status: answer.response.status,
                said: None,
            }),
        }
    }

    /// Sends a read, and tries again where that may help.
    pub(super) async fn ask(&self, request: &Request) -> Result<Answer, ReadError> {
        let answer = self.exchange(request, &|_| {}).await;
        answer.map_err(|gave_up| ReadError::NoAnswer(gave_up.why))
    }

    /// Sends a request until an answer counts. The one place where anything is tried again.
    pub(super) async fn exchange(&self, request: &Request, on_retry: OnRetry<'_>) -> Result<Answer, GaveUp> {
        let mut waits = self.retries.waits();
        let mut maybe_done = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let trouble = match self.once(request).await {
                Ok((outcome, response)) => {
                    return Ok(Answer {
                        outcome,
                        response,
                        maybe_done_before: maybe_done,
                    });
                }
                Err(trouble) => trouble,
            };
            maybe_done |= trouble.maybe_done();
            let Some(backoff) = waits.next().filter(|_| self.may_help(&trouble)) else {
                return Err(GaveUp {
                    why: trouble,
                    maybe_done,
                });
            };
            let wait = trouble.wait(backoff);
            tracing::debug!(%request.method, request.path, attempt, ?wait, %trouble, "trying again");
            on_retry(Retry {
                attempt,
                wait,
                why: trouble,
            });
            self.clock.sleep(wait).await;
        }
    }

    async fn once(&self, request: &Request) -> Result<(Outcome, Response), Trouble> {
        let permit = self.pool.permit().await;
        let sent = self.transport.send(request.clone()).await;
        let response = sent.map_err(Trouble::NoAnswer)?;
        tracing::trace!(%request.method, request.path, response.status, bytes = response.body.len(), "answered");
        self.answered.store(true, Ordering::Relaxed);
        match self.dialect.outcome(&response) {
            Outcome::Later(later) => {
                if matches!(later.status, 429 | 503) {
                    permit.too_much();
                }
                Err(Trouble::Busy(later))
            }
            outcome => {
                permit.went_well();
                Ok((outcome, response))
            }
        }
    }

    /// A control plane that cannot be connected to and never answered is most likely a wrong address.
    fn may_help(&self, trouble: &Trouble) -> bool {
        let unconnected = matches!(trouble, Trouble::NoAnswer(TransportError::NotSent { .. }));
        !unconnected || self.answered.load(Ordering::Relaxed)
    }
}

/// The error of a read that was answered, but not with what was asked for.
pub(super) fn refused(request: &Request, answer: Answer) -> ReadError {
    let path = request.path.clone();
    match answer.outcome {
        Outcome::Unauthorised => ReadError::Unauthorised { path },
        Outcome::Forbidden => ReadError::Forbidden { path },
        Outcome::Refused(refusal) | Outcome::Conflict(refusal) | Outcome::Unexpected(refusal) => {
            ReadError::Unexpected {
                method: request.method,
                path,
                status: answer.response.status,
                said: said(refusal),
            }
        }
        _ => ReadError::Unexpected {
            method: request.method,
            path,
            status: answer.response.status,
            said: None,
        },
    }
}

/// The words of a refusal; a read sends nothing that could be secret.
fn said(refusal: Refusal) -> Option<String> {
    let fields = refusal.fields.iter().map(|(path, text)| format!("{path}: {text}"));
    refusal
        .message
        .or_else(|| fields.reduce(|all, one| format!("{all}; {one}")))
}

/// The error of an answer that cannot be made sense of.
pub(super) fn unreadable(request: &Request, why: impl Into<String>) -> ReadError {
    ReadError::Unreadable {
        path: request.path.clone(),
        why: why.into(),
    }
}
