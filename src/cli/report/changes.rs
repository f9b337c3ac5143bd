use super::fields::fields;
use super::paint::{ADDED, CHANGED, FAINT, REMOVED, paint};
use super::title::{parent_in_words, title};
use super::{Names, Summary};
use plan::{Change, Plan, Subject};
use schema::Catalog;

/// The plan in words, in the order in which it runs: a line for each change, below it the fields that differ, and
/// lines of their own for steps that are no plain create, update or delete.
pub fn changes(catalog: &Catalog, plan: &Plan, names: &Names) -> String {
    let mut told = vec![false; plan.changes.len()];
    let mut text = String::new();
    for step in &plan.steps {
        if let Some(note) = &step.note {
            text += &paint(CHANGED, note).to_string();
            if let Some(change) = plan.changes.get(step.change) {
                text += &format!(" {}", named(catalog, change.subject()));
            }
            text.push('\n');
        } else if let Some(change) = plan.changes.get(step.change)
            && !std::mem::replace(&mut told[step.change], true)
        {
            text += &change_in_words(catalog, plan, names, change);
        }
    }
    let untold = plan.changes.iter().zip(told).filter(|(_, told)| !told);
    untold.fold(text, |text, (change, _)| {
        text + &change_in_words(catalog, plan, names, change)
    })
}

/// What is done to which entity, on one line: `creating vault my-secret`.
fn headline(catalog: &Catalog, plan: &Plan, change: &Change) -> String {
    let (verb, style) = match change {
        Change::Create { .. } => ("creating", ADDED),
        Change::Update { .. } => ("updating", CHANGED),
        Change::Delete { .. } => ("deleting", REMOVED),
    };
    let kind = &catalog.kind(change.subject().kind).name;
    format!("{} {kind} {}", paint(style, verb), title(catalog, plan, change))
}

/// An entity's kind and name: `vault my-secret`.
pub fn named(catalog: &Catalog, subject: &Subject) -> String {
    format!("{} {}", catalog.kind(subject.kind).name, subject.title)
}

pub(super) fn change_in_words(catalog: &Catalog, plan: &Plan, names: &Names, change: &Change) -> String {
    let mut text = headline(catalog, plan, change) + "\n";
    if let Some(parent) = parent_in_words(catalog, plan, names, change) {
        text += &format!("  {}\n", paint(FAINT, format!("of {parent}")));
    }
    if let Some(because) = &change.subject().because {
        text += &format!("  {}\n", paint(FAINT, because));
    }
    if let Change::Update { fields: differing, .. } = change {
        text += &fields(differing);
    }
    text
}

/// decK's summary.
pub fn summary(summary: &Summary) -> String {
    let Summary {
        creating,
        updating,
        deleting,
        ..
    } = summary;
    format!("Summary:\n  Created: {creating}\n  Updated: {updating}\n  Deleted: {deleting}\n")
}
