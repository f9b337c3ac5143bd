use std::error::Error;
use std::fmt;

use http::error_causes;
use reference::{Finding, Reason};

/// Carries a finding through the SDK of a cloud, which may print it: it shows nothing.
pub(crate) struct FindingError(pub(crate) Finding);

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

/// The finding behind an error of an SDK.
pub(crate) fn carried_finding(error: &(dyn Error + 'static)) -> Option<Finding> {
    error_causes(error).find_map(|cause| Some(cause.downcast_ref::<FindingError>()?.0.clone()))
}

/// A request of an SDK that cannot be sent: a setting has become an impossible part of it.
pub(crate) fn bad_request_finding(cloud: &str) -> Finding {
    let message = format!("what is set makes no request that could be sent to {cloud}");
    Finding::new(Reason::BadSettings, message).help("correct the settings of the vault")
}
