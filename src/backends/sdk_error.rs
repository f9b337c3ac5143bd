use std::error::Error;
use std::fmt;

use reference::Finding;

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

/// What lies behind an error, and behind that.
pub fn error_sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

/// Why no answer came, if that is what lies behind an error of the SDK.
pub fn carried_finding(error: &(dyn Error + 'static)) -> Option<Finding> {
    error_sources(error).find_map(|cause| Some(cause.downcast_ref::<FindingError>()?.0.clone()))
}
