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
pub use dialect::{Address, Dialect, Listing, SchemaOf, Verb, Write};
pub use error::ReadError;
pub use faults::{Fault, FaultTransport, Faults};
pub use http::{Base, BaseError, HttpSettings, HttpTransport, SettingsError};
pub use outcome::{Later, Outcome, Refusal};
pub use pool::{Permit, Pool};
pub use read::{Asked, Wanted};
pub use retry::{GaveUp, Retries, Retry, Trouble};
pub use root::Root;
pub use wire::{Method, Request, Response, Transport, TransportError};
pub use write::{Doubt, Written};
