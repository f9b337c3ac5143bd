//! Reading live state: lists a thousand entities a page, kinds at once, large kinds in several ranges of ids at once.

mod elsewhere;
mod foreign;
mod index;
mod list;
mod owned;
mod page;
mod schemas;
mod stretch;

pub use owned::ReadScope;
pub use schemas::SchemaRequest;
