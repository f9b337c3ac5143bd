//! What every HTTP client of ours does alike: building clients, writing addresses, tracing failures.
//!
//! Nothing here sends a request, and no error holds a secret.

mod client_options;
mod error_causes;
mod proxy;
mod retry_after;
mod url;
mod zeroizing;

pub use client_options::{ClientOptions, InvalidPem};
pub use error_causes::error_causes;
pub use proxy::SystemProxies;
pub use retry_after::parse_retry_after;
pub use url::{authority, parse_http_url, percent_encode};
pub use zeroizing::{sensitive_header_value, zeroizing_bytes};
