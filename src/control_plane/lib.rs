//! Who is asked: the dialects of control planes (pure), the transport (one async function), the clock, and reading live state.

mod client;
mod clock;
mod dialect;
mod error;
mod family;
mod faults;
mod http;
mod outcome;
mod pool;
mod read;
mod retry;
mod root;
mod wire;
mod write;

pub use client::{Client, OnRetry};
pub use clock::{Clock, SystemClock};
pub use dialect::{EntityAddress, Dialect, PageRequest, SchemaId, WriteOperation, EntityWrite};
pub use error::ReadError;
pub use faults::{Fault, FaultTransport, FaultConfig};
pub use http::{BaseUrl, BaseUrlError, HttpSettings, HttpTransport, HttpSettingsError};
pub use outcome::{RetryLater, ResponseOutcome, AdminApiError};
pub use pool::{Permit, ConcurrencyLimiter};
pub use read::{ReadScope, SchemaRequest};
pub use retry::{RetriesExhausted, RetryPolicy, RetryAttempt, RequestError};
pub use root::NodeInfo;
pub use wire::{Method, Request, Response, Transport, TransportError};
pub use write::{Uncertainty, WriteOutcome};
