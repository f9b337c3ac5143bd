//! Showing it: text, JSON, YAML. What is rendered here is printed by `cli`.

mod account;
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
mod references;
mod shape;
mod title;
mod value;
mod variables;
mod verdicts;
mod yaml;

pub use account::Told;
pub use body::Bodies;
pub use changes::{changes, named, summary};
pub use diagnostic::{diagnostics, on_one_line};
pub use dump::{DumpOptions, dump};
pub use json::{JsonReport, Summary};
pub use messages::{error, help, refusals, warning};
pub use names::{Names, names};
pub use printer::{to_stderr, to_stdout};
pub use references::{Property, inventory, properties, references, used_by};
pub use value::{hidden, inline};
pub use variables::{Variable, dotenv, secret_manifest};
pub use verdicts::verdicts;
pub use yaml::yaml;

#[cfg(test)]
mod tests;
