use super::{Method, RequestError};

/// Why a control plane could not be read. Never a secret: no bodies, no headers, no credentials of an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No answer that counts came.
    #[error("{0}")]
    NoResponse(RequestError),
    /// 401.
    #[error("the control plane does not accept the credentials ({path}: 401)")]
    Unauthorized {
        /// What was asked for.
        path: String,
    },
    /// 403 where the answer cannot be done without.
    #[error("the credentials do not allow to read {path} (403)")]
    Forbidden {
        /// What was asked for.
        path: String,
    },
    /// A status that was not to be expected.
    #[error("{method} {path} was answered with {status}{}", message.as_ref().map(|said| format!(": {said}")).unwrap_or_default())]
    Unexpected {
        /// The method.
        method: Method,
        /// What was asked for.
        path: String,
        /// The status.
        status: u16,
        /// What the server said, if it is one of its plain errors.
        message: Option<String>,
    },
    /// An answer that is not one of Kong's.
    #[error("{path} was answered with something that is not Kong's: {reason}")]
    InvalidResponse {
        /// What was asked for.
        path: String,
        /// What is wrong with it, without any of it.
        reason: String,
    },
}
