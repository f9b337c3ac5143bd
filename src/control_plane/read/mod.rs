//! Reading live state: kinds concurrently, lists a thousand entities a page.
//!
//! Two fast paths stand in modules of their own, each tested against the slow way: `id_range` reads a long list as several
//! ranges at once, `parallel_parse` parses large pages on all cores.

mod filtered_page;
mod foreign;
mod foreign_index;
mod id_range;
mod other_workspaces;
mod owned;
mod page;
mod pagination;
mod parallel_parse;
mod schemas;

pub use owned::ReadScope;
pub use schemas::SchemaRequest;
