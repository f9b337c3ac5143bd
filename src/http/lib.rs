//! What every HTTP client of ours does alike: requests and responses as values, the transport that carries them, building
//! clients, writing addresses, tracing failures.
//!
//! Nothing here sends a request, and no error holds a secret.

mod client_options;
mod error_causes;
mod proxy;
mod retry_after;
mod transport;
mod url;
mod zeroizing;

pub use client_options::{ClientOptions, InvalidPem};
pub use error_causes::error_causes;
pub use proxy::SystemProxies;
pub use retry_after::parse_retry_after;
pub use transport::{Method, Request, Response, Transport, TransportError};
pub use url::{authority, parse_http_url, percent_encode};
pub use zeroizing::{sensitive_header_value, zeroizing_bytes};
