use uuid::Uuid;

use crate::plan::{Change, Plan, Tree};
use crate::schema::Catalog;

/// What an entity is called where decK's users look for it, without its kind.
///
/// decK says the id of the parent on whose path an entity lives (a target's upstream), not its name.
pub fn title(catalog: &Catalog, plan: &Plan, change: &Change) -> String {
    let title = &change.subject().title;
    match parent(catalog, plan, change) {
        Some((name, word, id)) => format!("{name} for {word} {id}"),
        None => title.clone(),
    }
}

/// The parent's name, where the title that decK's users know has only its id: `upstream u`.
pub fn parent_in_words<'a>(catalog: &Catalog, plan: &Plan, change: &'a Change) -> Option<&'a str> {
    parent(catalog, plan, change)?;
    change.subject().title.split_once(" for ").map(|(_, parent)| parent)
}

/// The entity's own name, its parent's kind and the parent's id.
fn parent<'a>(catalog: &'a Catalog, plan: &Plan, change: &'a Change) -> Option<(&'a str, &'a str, Uuid)> {
    let subject = change.subject();
    let kind = catalog.kind(subject.kind);
    let field = kind.parent.as_ref().filter(|field| kind.title.of.contains(field))?;
    let foreign = kind.foreign.iter().find(|foreign| foreign.field == *field)?;
    let (name, _) = subject.title.split_once(" for ")?;
    let body = match change {
        Change::Create { after, .. } | Change::Update { after, .. } => after,
        Change::Delete { before, .. } => before,
    };
    let id = match member(member(body, field)?, "id")? {
        Tree::String(text) => text.parse().ok()?,
        Tree::IdOf(step) => plan.steps.get(step.0 as usize)?.id,
        _ => return None,
    };
    Some((name, &catalog.kind(foreign.kind).name, id))
}

fn member<'t>(tree: &'t Tree, name: &str) -> Option<&'t Tree> {
    match tree {
        Tree::Map(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    }
}
