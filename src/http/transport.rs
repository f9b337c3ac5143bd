use std::fmt;
use std::future::Future;

/// The methods of the Admin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, and never overwrites when an id is sent.
    Post,
    /// Creates or replaces.
    Put,
    /// Merges the fields that are sent.
    Patch,
    /// Deletes.
    Delete,
}

/// A request as a value: built by pure functions, sent elsewhere.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// The path with its query, percent-encoded, from `/` on.
    pub path: String,
    /// The JSON body, if any. It may hold secrets.
    pub body: Option<Vec<u8>>,
}

/// A response as a value.
#[derive(Clone, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u64>,
    /// The body, empty if there is none. It may hold secrets.
    pub body: Vec<u8>,
}

/// Why no response came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing was sent: refused, unresolvable, TLS. A retry cannot write twice.
    #[error("cannot connect to {host}: {reason}")]
    NotSent {
        /// The host and port.
        host: String,
        /// What the system says, without secrets.
        reason: String,
    },
    /// The request may have been applied: the connection broke, or no response came in time.
    #[error("no answer from {host}: {reason}")]
    ResponseLost {
        /// The host and port.
        host: String,
        /// What the system says, without secrets.
        reason: String,
    },
}

/// Carries a request to a control plane and its response back: over HTTP, to the embedded one in process, through faults.
pub trait Transport: Send + Sync {
    /// Sends one request once.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, TransportError>> + Send;
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}
