//! Talking to a control plane: its dialect builds requests as values (pure), a transport sends them, a client retries, and
//! live state is read and entities are written through it.
//!
//! Writes are idempotent: a create bears its id, and what became of a write without a response is read back.

mod client;
mod clock;
mod concurrency;
mod dialect;
mod fault_injection;
mod hierarchy;
mod http;
mod node_info;
mod read;
mod read_error;
mod response_outcome;
mod retry;
mod wire;
mod write;
mod write_answer;

pub use ::http::{Method, Request, Response, Transport, TransportError};
pub use client::{Client, Interruption, OnLongWait, OnRetry, retry_silently};
pub use clock::{Clock, SystemClock};
pub use dialect::{Dialect, EntityAddress, EntityWrite, PageRequest, SchemaId, WriteOperation};
pub use fault_injection::{Fault, FaultConfig, FaultTransport};
pub use http::{BaseUrl, BaseUrlError, HttpSettings, HttpSettingsError, HttpTransport};
pub use node_info::NodeInfo;
pub use read::{ReadScope, SchemaRequest};
pub use read_error::ReadError;
pub use response_outcome::{AdminApiError, ResponseOutcome, RetryLater};
pub use retry::{RequestError, RetryAttempt, RetryPolicy};
pub use write::{Uncertainty, WriteOutcome};
