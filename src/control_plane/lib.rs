//! Who is asked: the dialects of control planes (pure), the transport (one async function), the clock, and reading live state.

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
mod transport;
mod write;

pub use client::{Client, OnRetry};
pub use clock::{Clock, SystemClock};
pub use concurrency::{ConcurrencyLimiter, Permit};
pub use dialect::{Dialect, EntityAddress, EntityWrite, PageRequest, SchemaId, WriteOperation};
pub use fault_injection::{Fault, FaultConfig, FaultTransport};
pub use http::{BaseUrl, BaseUrlError, HttpSettings, HttpSettingsError, HttpTransport};
pub use node_info::NodeInfo;
pub use read::{ReadScope, SchemaRequest};
pub use read_error::ReadError;
pub use response_outcome::{AdminApiError, ResponseOutcome, RetryLater};
pub use retry::{RequestError, RetriesExhausted, RetryAttempt, RetryPolicy};
pub use transport::{Method, Request, Response, Transport, TransportError};
pub use write::{Uncertainty, WriteOutcome};
