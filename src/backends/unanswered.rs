use std::error::Error;
use std::fmt;

use reference::Finding;

/// Why a request got no answer of use, on its way through the SDK of a cloud: what that prints of it says nothing.
pub struct Unanswered(pub Finding);

impl fmt::Debug for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl Error for Unanswered {}

/// What lies behind an error, and behind that.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

/// Why no answer came, if that is what lies behind an error of the SDK.
pub fn unanswered(error: &(dyn Error + 'static)) -> Option<Finding> {
    causes(error).find_map(|cause| Some(cause.downcast_ref::<Unanswered>()?.0.clone()))
}
