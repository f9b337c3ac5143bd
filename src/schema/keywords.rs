//! Words of Kong's schema language, of `/` answers and of URLs that kinds happen to have as names of fields too.

/// The type of a list whose order and repetitions do not count.
pub(crate) const SET: &str = "set";
/// What a schema says for people.
pub(crate) const DESCRIPTION: &str = "description";
/// Where a deprecated spelling's successor stands, within `replaced_with`.
pub(crate) const PATH: &str = "path";
/// The proxy-wasm filters, among what a node has loaded.
pub(crate) const FILTERS: &str = "filters";

/// The family of schemas by which routes differ.
pub(crate) const PROTOCOLS: &str = "protocols";

/// The parts of a URL, as shorthands for one name them.
pub mod url {
    /// `https`.
    pub(crate) const SCHEME: &str = "scheme";
    /// `a.test`.
    pub const HOST: &str = "host";
    /// `8443`.
    pub const PORT: &str = "port";
    /// `/p`.
    pub(crate) const PATH: &str = "path";
}
