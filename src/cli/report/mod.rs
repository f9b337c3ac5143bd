//! Renderings of values as text, JSON and YAML. Nothing is printed here: `cli` does that.

mod apply_report;
mod body;
mod changes;
mod deck_shape;
mod diagnostic;
mod dump;
mod entity_names;
mod escape;
mod excerpt;
mod field_changes;
mod json;
mod messages;
mod pem;
mod position;
mod references;
mod style;
mod title;
mod value;
mod variables;
mod verdicts;
mod yaml;

pub use apply_report::ApplyReport;
pub use body::BodyRenderer;
pub use changes::{render_changes, render_summary};
pub use diagnostic::render_diagnostics;
pub use dump::{DumpOptions, dump};
pub use entity_names::{EntityNames, collect_entity_names};
pub use escape::to_single_line;
pub use json::{ChangeSummary, JsonReport};
pub use messages::{render_error, render_guard_violations, render_help, render_warning};
pub use references::{PropertyAssessment, describe_usage, property_reports, reference_reports, render_inventory};
pub use variables::{DataPlaneVariable, render_dotenv, render_secret_manifest};
pub use verdicts::render_verdict_counts;
pub use yaml::to_yaml;

#[cfg(test)]
mod tests;
