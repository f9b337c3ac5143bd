use super::Names;
use crate::control_plane::Live;
use crate::plan::{Change, Plan, Tree};
use crate::schema::{Catalog, KindId};
use uuid::Uuid;

/// What the entities of a control plane are called, as far as their names are no secret and cannot be taken for an id.
pub fn names(catalog: &Catalog, live: &Live, plan: &Plan) -> Names {
    let owned = live
        .owned
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.id, entity.body.expose())));
    let foreign = live
        .foreign
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.id, entity.index.expose())));
    let known = owned
        .chain(foreign)
        .filter_map(|(kind, id, body)| Some(((kind, id), name(catalog, kind, |field| body.get(field)?.as_str())?)));
    known
        .chain(plan.changes.iter().filter_map(|change| made(catalog, change)))
        .collect()
}

/// What an entity will be called that a plan makes or changes.
fn made(catalog: &Catalog, change: &Change) -> Option<((KindId, Uuid), String)> {
    let (subject, Tree::Map(fields)) = (match change {
        Change::Create { subject, after } | Change::Update { subject, after, .. } => (subject, after),
        Change::Delete { .. } => return None,
    }) else {
        return None;
    };
    let text = |wanted: &str| match fields.iter().find(|(name, _)| name == wanted) {
        Some((_, Tree::String(text))) => Some(text.as_str()),
        _ => None,
    };
    Some(((subject.kind, subject.id), name(catalog, subject.kind, text)?))
}

fn name<'a>(catalog: &Catalog, kind: KindId, text: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let kind = catalog.kind(kind);
    let field = kind.endpoint_key.as_ref()?;
    if kind.record.get(field).is_none_or(|field| field.secret) {
        return None;
    }
    let name = text(field)?;
    name.parse::<Uuid>().is_err().then(|| name.to_owned())
}
