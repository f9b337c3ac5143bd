//! Showing it: text, JSON, YAML. What is rendered here is printed by `cli`.

mod body;
mod changes;
mod dump;
mod fields;
mod names;
mod paint;
mod pem;
mod shape;
mod value;

pub use body::{Bodies, Names};
pub use changes::{changes, headline, named, summary};
pub use dump::{DumpOptions, dump};
pub use names::names;
pub use value::{hidden, inline};

#[cfg(test)]
mod tests;
