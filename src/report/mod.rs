//! Showing it: text, JSON, YAML. What is rendered here is printed by `cli`.

mod changes;
mod fields;
mod paint;
mod pem;
mod value;

pub use changes::{changes, headline, named, summary};
pub use value::{hidden, inline};
