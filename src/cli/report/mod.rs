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

pub use diagnostic::render_diagnostics;
pub use dump::{DumpOptions, dump};
pub use yaml::to_yaml;

pub(crate) use apply_report::ApplyReport;
pub(crate) use body::BodyRenderer;
pub(crate) use changes::{render_changes, render_summary};
pub(crate) use entity_names::{EntityNames, collect_entity_names};
pub(crate) use escape::to_single_line;
pub(crate) use json::{ChangeSummary, JsonReport};
pub(crate) use messages::{render_error, render_guard_violations, render_help, render_warning};
pub(crate) use references::{
    PropertyAssessment, describe_usage, property_reports, reference_reports, render_inventory,
};
pub(crate) use variables::{DataPlaneVariable, render_dotenv, render_secret_manifest};
pub(crate) use verdicts::render_verdict_counts;

#[cfg(test)]
mod tests;
