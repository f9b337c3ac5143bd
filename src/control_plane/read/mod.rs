//! Reading live state: lists a thousand entities a page, kinds at once, large kinds in several ranges of ids at once.

mod foreign;
mod foreign_index;
mod id_range;
mod other_workspaces;
mod owned;
mod page;
mod pagination;
mod schemas;

pub use owned::ReadScope;
pub use schemas::SchemaRequest;
