use std::fmt;
use std::future::Future;

/// Words of the Admin API's own that happen to be fields of kinds as well.
pub(super) mod keys {
    pub const VERSION: &str = "version";
    pub const ID: &str = "id";
    /// What a page of a list holds.
    pub const DATA: &str = "data";
    /// What a workspace is called.
    pub const NAME: &str = "name";
    /// The workspace that every control plane has.
    pub const DEFAULT_WORKSPACE: &str = "default";
}

/// The methods of the Admin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, and never overwrites when an id is sent.
    Post,
    /// Creates or replaces.
    Put,
    /// Changes the fields that are sent.
    Patch,
    /// Deletes.
    Delete,
}

/// A request as a value: built by pure functions, sent elsewhere.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// The path with its query, percent-encoded, from `/` on.
    pub path: String,
    /// The JSON body, if any. It may hold secrets.
    pub body: Option<Vec<u8>>,
}

/// An answer as a value.
#[derive(Clone, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, if the server said one.
    pub retry_after: Option<u64>,
    /// The body, empty if there is none. It may hold secrets.
    pub body: Vec<u8>,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing was sent: refused, unresolvable, TLS. Trying again cannot have written twice.
    #[error("cannot connect to {host}: {reason}")]
    NotSent {
        /// The host and port.
        host: String,
        /// What the system says, without secrets.
        reason: String,
    },
    /// It may have been carried out: the connection broke, or no answer came in time.
    #[error("no answer from {host}: {reason}")]
    ResponseLost {
        /// The host and port.
        host: String,
        /// What the system says, without secrets.
        reason: String,
    },
}

/// Whatever carries a request to a control plane and its answer back: HTTP, the embedded one in process, a layer of faults.
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
