//! Keys and names of the Admin API's own that happen to be fields of kinds as well.

pub(crate) const VERSION: &str = "version";

pub(crate) const ID: &str = "id";

/// The entities of a page.
pub(crate) const DATA: &str = "data";

/// The name of a workspace.
pub(crate) const NAME: &str = "name";

/// The workspace that every control plane has.
pub(crate) const DEFAULT_WORKSPACE: &str = "default";
