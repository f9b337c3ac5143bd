use uuid::Uuid;

use super::EntityNames;
use plan::{Change, Plan, PlanValue};
use schema::{Catalog, KindId};

/// What an entity is called where decK's users look for it, without its kind.
///
/// decK says the id of the parent on whose path an entity lives (a target's upstream), not its name.
pub fn entity_title(catalog: &Catalog, plan: &Plan, change: &Change) -> String {
    let title = &change.entity().title;
    match parent_in_title(catalog, plan, change) {
        Some((name, kind, id)) => format!("{name} for {} {id}", catalog.kind(kind).name),
        None => title.clone(),
    }
}

/// The parent's name, where the title that decK's users know has only its id: `upstream u`.
pub fn parent_label(catalog: &Catalog, plan: &Plan, names: &EntityNames, change: &Change) -> Option<String> {
    let (_, kind, id) = parent_in_title(catalog, plan, change)?;
    Some(format!("{} {}", catalog.kind(kind).name, names.get(kind, id)?))
}

/// The entity's own name, its parent's kind and the parent's id.
fn parent_in_title<'a>(catalog: &Catalog, plan: &Plan, change: &'a Change) -> Option<(&'a str, KindId, Uuid)> {
    let subject = change.entity();
    let kind = catalog.kind(subject.kind);
    let field = kind.parent.as_ref().filter(|field| kind.title.of.contains(field))?;
    let foreign = kind.foreign_fields.iter().find(|foreign| foreign.field == *field)?;
    let (name, _) = subject.title.split_once(" for ")?;
    let body = match change {
        Change::Create { after, .. } | Change::Update { after, .. } => after,
        Change::Delete { before, .. } => before,
    };
    let id = match map_member(map_member(body, field)?, "id")? {
        PlanValue::String(text) => text.parse().ok()?,
        PlanValue::IdFromStep(step) => plan.steps.get(step.0 as usize)?.id,
        _ => return None,
    };
    Some((name, foreign.kind, id))
}

fn map_member<'t>(tree: &'t PlanValue, name: &str) -> Option<&'t PlanValue> {
    match tree {
        PlanValue::Map(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    }
}
