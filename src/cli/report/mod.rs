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

pub use account::ApplyReport;
pub use body::BodyRenderer;
pub use changes::{render_changes, entity_label, render_summary};
pub use diagnostic::{render_diagnostics, to_single_line};
pub use dump::{DumpOptions, dump};
pub use json::{JsonReport, ChangeSummary};
pub use messages::{render_error, render_help, render_guard_violations, render_warning};
pub use names::{EntityNames, collect_entity_names};
pub use printer::{print_stderr, print_stdout};
pub use references::{PropertyAssessment, render_inventory, property_reports, reference_reports, describe_usage};
pub use value::{redact_secret, render_inline};
pub use variables::{DataPlaneVariable, render_dotenv, render_secret_manifest};
pub use verdicts::render_verdict_counts;
pub use yaml::to_yaml;

#[cfg(test)]
mod tests;
