//! Showing it: text, JSON, YAML. What renders returns a text; [`print_stdout`] and [`print_stderr`] print one.

mod apply_report;
mod body;
mod changes;
mod deck_shape;
mod diagnostic;
mod dump;
mod entity_names;
mod excerpt;
mod field_changes;
mod json;
mod messages;
mod pem;
mod printer;
mod references;
mod style;
mod title;
mod value;
mod variables;
mod verdicts;
mod yaml;

pub use apply_report::ApplyReport;
pub use body::BodyRenderer;
pub use changes::{entity_label, render_changes, render_summary};
pub use diagnostic::{render_diagnostics, to_single_line};
pub use dump::{DumpOptions, dump};
pub use entity_names::{EntityNames, collect_entity_names};
pub use json::{ChangeSummary, JsonReport};
pub use messages::{render_error, render_guard_violations, render_help, render_warning};
pub use printer::{print_stderr, print_stdout};
pub use references::{PropertyAssessment, describe_usage, property_reports, reference_reports, render_inventory};
pub use value::{redact_secret, render_inline};
pub use variables::{DataPlaneVariable, render_dotenv, render_secret_manifest};
pub use verdicts::render_verdict_counts;
pub use yaml::to_yaml;

#[cfg(test)]
mod tests;
