use std::error::Error;
use std::fmt;

use http::error_causes;
use reference::{Finding, Reason};

/// Why a request got no answer of use, on its way through the SDK of a cloud: what that prints of it says nothing.
pub struct FindingError(pub Finding);

impl fmt::Debug for FindingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl fmt::Display for FindingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl Error for FindingError {}

/// Why no answer came, if that is what lies behind an error of the SDK.
pub fn carried_finding(error: &(dyn Error + 'static)) -> Option<Finding> {
    error_causes(error).find_map(|cause| Some(cause.downcast_ref::<FindingError>()?.0.clone()))
}

/// A request of an SDK that cannot be sent: a setting has become an impossible part of it.
pub fn bad_request_finding(cloud: &str) -> Finding {
    let message = format!("what is set makes no request that could be sent to {cloud}");
    Finding::new(Reason::BadSettings, message).help("correct the settings of the vault")
}
