use super::{Method, RequestError};

/// Why a control plane could not be read. Never a secret: no bodies, no headers, no credentials of an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No final response came.
    #[error("{0}")]
    NoResponse(RequestError),
    /// 401.
    #[error("the control plane does not accept the credentials ({path}: 401)")]
    Unauthorized {
        /// The path that was read.
        path: String,
    },
    /// 403 where the run cannot do without the response.
    #[error("the credentials do not allow to read {path} (403)")]
    Forbidden {
        /// The path that was read.
        path: String,
    },
    /// Any other status.
    #[error("{method} {path} was answered with {status}{}", message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    Unexpected {
        /// The method.
        method: Method,
        /// The path that was read.
        path: String,
        /// The status.
        status: u16,
        /// What the server says is wrong.
        message: Option<String>,
    },
    /// A response that is not Kong's.
    #[error("{path} was answered with something that is not Kong's: {reason}")]
    InvalidResponse {
        /// The path that was read.
        path: String,
        /// What is wrong with it, without any of it.
        reason: String,
    },
}
