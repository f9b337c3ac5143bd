//! A control plane in the binary: Kong's Admin API over SQLite, driven by the same catalog as everything else.
//!
//! [`EmbeddedControlPlane::handle`] is the whole of it: one request in, one answer out, in Kong's words.
//! [`EmbeddedTransport`] puts it behind the `Transport` of the floor `control_plane`, [`serve`] behind HTTP.
//!
//! No kind's field is named here: what is special about a kind is said by its file under `schemas/kinds/`, and what is
//! odd about its paths by one of the few [`schema::Quirk`]s. Two families of schemas are named, plugins and vault
//! backends, because `/` and `/schemas` tell which are loaded. A body is checked when it is written, and stored as the
//! text that is answered.

mod admin_route;
mod children;
mod control_plane;
mod delete;
mod draft;
mod error;
mod expiry;
mod form;
mod hashing;
mod index;
mod introspection;
mod listing;
mod locate;
mod multipart;
mod options;
mod overlap;
mod pagination;
mod patch;
mod quirks;
mod read;
mod request_target;
mod save;
mod serialize;
mod serve;
mod server_generated;
mod store;
mod tag_filter;
mod transport;
mod violation_text;
mod wire;

pub use control_plane::{EmbeddedControlPlane, OpenError};
pub use options::EmbeddedOptions;
pub use serve::serve;
pub use store::Database;
pub use transport::EmbeddedTransport;
