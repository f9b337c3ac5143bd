use super::ChangeSummary;
use super::escape::to_single_line;
use super::field_changes::render_field_changes;
use super::style::{ADDED, CHANGED, DIM, REMOVED, paint};
use super::title::{entity_title, parent_label};
use plan::{Change, ChangedEntity, Plan};
use schema::Catalog;

/// Renders a plan in the order in which it runs: a line for each change, below it the fields that differ, and lines of
/// their own for steps that are no plain create, update or delete.
pub(crate) fn render_changes(catalog: &Catalog, plan: &Plan) -> String {
    let mut is_shown = vec![false; plan.changes.len()];
    let mut text = String::new();
    for step in &plan.steps {
        if let Some(note) = &step.note {
            text += &paint(CHANGED, note).to_string();
            if let Some(change) = plan.changes.get(step.change) {
                text += &format!(" {}", to_single_line(&entity_label(catalog, change.entity())));
            }
            text.push('\n');
        } else if let Some(change) = plan.changes.get(step.change)
            && !std::mem::replace(&mut is_shown[step.change], true)
        {
            text += &render_change(catalog, change);
        }
    }
    let not_shown = plan.changes.iter().zip(is_shown).filter(|(_, is_shown)| !is_shown);
    not_shown.fold(text, |text, (change, _)| text + &render_change(catalog, change))
}

/// `creating vault my-secret`
fn render_headline(catalog: &Catalog, change: &Change) -> String {
    let (verb, style) = match change {
        Change::Create { .. } => ("creating", ADDED),
        Change::Update { .. } => ("updating", CHANGED),
        Change::Delete { .. } => ("deleting", REMOVED),
    };
    let kind = &catalog.kind(change.entity().kind).name;
    let title = to_single_line(&entity_title(catalog, change));
    format!("{} {kind} {title}", paint(style, verb))
}

/// `vault my-secret`
pub(crate) fn entity_label(catalog: &Catalog, subject: &ChangedEntity) -> String {
    format!("{} {}", catalog.kind(subject.kind).name, subject.name)
}

pub(super) fn render_change(catalog: &Catalog, change: &Change) -> String {
    let mut text = render_headline(catalog, change) + "\n";
    if let Some(parent) = parent_label(catalog, change) {
        text += &format!("  {}\n", paint(DIM, format!("of {}", to_single_line(&parent))));
    }
    if let Some(reason) = &change.entity().reason {
        text += &format!("  {}\n", paint(DIM, to_single_line(reason)));
    }
    if let Change::Update { fields: differing, .. } = change {
        text += &render_field_changes(differing);
    }
    text
}

/// decK's summary.
pub(crate) fn render_summary(summary: &ChangeSummary) -> String {
    let ChangeSummary {
        creating,
        updating,
        deleting,
        ..
    } = summary;
    format!("Summary:\n  Created: {creating}\n  Updated: {updating}\n  Deleted: {deleting}\n")
}
