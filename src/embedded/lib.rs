//! A control plane in the binary: Kong's Admin API over SQLite, driven by the same catalog as everything else.
//!
//! [`ControlPlane::handle`] is the whole of it: one request in, one answer out, in Kong's words. [`EmbeddedTransport`]
//! puts it behind the [`control_plane::Transport`] of the rest of the program, [`serve`] behind HTTP.
//!
//! No kind is named here: what is special about one is said by its file under `schemas/kinds/`, and what is odd about
//! its paths by one of the few [`schema::Quirk`]s. A body is checked when it is written, and stored as the text
//! that is answered.

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
