use super::ChangeSummary;
use super::field_changes::render_field_changes;
use super::style::{ADDED, CHANGED, DIM, REMOVED, paint};
use super::title::{entity_title, parent_label};
use plan::{Change, ChangedEntity, Plan};
use schema::Catalog;

/// The plan in words, in the order in which it runs: a line for each change, below it the fields that differ, and
/// lines of their own for steps that are no plain create, update or delete.
pub fn render_changes(catalog: &Catalog, plan: &Plan) -> String {
    let mut told = vec![false; plan.changes.len()];
    let mut text = String::new();
    for step in &plan.steps {
        if let Some(note) = &step.note {
            text += &paint(CHANGED, note).to_string();
            if let Some(change) = plan.changes.get(step.change) {
                text += &format!(" {}", entity_label(catalog, change.entity()));
            }
            text.push('\n');
        } else if let Some(change) = plan.changes.get(step.change)
            && !std::mem::replace(&mut told[step.change], true)
        {
            text += &render_change(catalog, change);
        }
    }
    let untold = plan.changes.iter().zip(told).filter(|(_, told)| !told);
    untold.fold(text, |text, (change, _)| text + &render_change(catalog, change))
}

/// What is done to which entity, on one line: `creating vault my-secret`.
fn render_headline(catalog: &Catalog, change: &Change) -> String {
    let (verb, style) = match change {
        Change::Create { .. } => ("creating", ADDED),
        Change::Update { .. } => ("updating", CHANGED),
        Change::Delete { .. } => ("deleting", REMOVED),
    };
    let kind = &catalog.kind(change.entity().kind).name;
    format!("{} {kind} {}", paint(style, verb), entity_title(catalog, change))
}

/// An entity's kind and name: `vault my-secret`.
pub fn entity_label(catalog: &Catalog, subject: &ChangedEntity) -> String {
    format!("{} {}", catalog.kind(subject.kind).name, subject.name)
}

pub(super) fn render_change(catalog: &Catalog, change: &Change) -> String {
    let mut text = render_headline(catalog, change) + "\n";
    if let Some(parent) = parent_label(catalog, change) {
        text += &format!("  {}\n", paint(DIM, format!("of {parent}")));
    }
    if let Some(because) = &change.entity().reason {
        text += &format!("  {}\n", paint(DIM, because));
    }
    if let Change::Update { fields: differing, .. } = change {
        text += &render_field_changes(differing);
    }
    text
}

/// decK's summary.
pub fn render_summary(summary: &ChangeSummary) -> String {
    let ChangeSummary {
        creating,
        updating,
        deleting,
        ..
    } = summary;
    format!("Summary:\n  Created: {creating}\n  Updated: {updating}\n  Deleted: {deleting}\n")
}
