//! Showing it: text, JSON, YAML. What is rendered here is printed by `cli`.

mod body;
mod changes;
mod diagnostic;
mod dump;
mod excerpt;
mod fields;
mod json;
mod messages;
mod names;
mod paint;
mod pem;
mod printer;
mod shape;
mod value;

pub use body::{Bodies, Names};
pub use changes::{changes, headline, named, summary};
pub use diagnostic::{diagnostic_line, diagnostics, in_order};
pub use dump::{DumpOptions, dump};
pub use json::{JsonReport, Summary};
pub use messages::{diagnostics, error, help, refusals, warning, yaml};
pub use names::names;
pub use printer::{to_stderr, to_stdout};
pub use value::{hidden, inline};

#[cfg(test)]
mod tests;
