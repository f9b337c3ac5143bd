use super::Names;
use crate::control_plane::Live;
use crate::schema::{Catalog, KindId, Object};

/// What the entities of a control plane are called, as far as their names are no secret and cannot be taken for an id.
pub fn names(catalog: &Catalog, live: &Live) -> Names {
    let owned = live
        .owned
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.id, entity.body.expose())));
    let foreign = live
        .foreign
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.id, entity.index.expose())));
    owned
        .chain(foreign)
        .filter_map(|(kind, id, body)| Some(((kind, id), name(catalog, kind, body)?)))
        .collect()
}

fn name(catalog: &Catalog, kind: KindId, body: &Object) -> Option<String> {
    let kind = catalog.kind(kind);
    let field = kind.endpoint_key.as_ref()?;
    if kind.record.get(field).is_none_or(|field| field.secret) {
        return None;
    }
    let name = body.get(field)?.as_str()?;
    name.parse::<uuid::Uuid>().is_err().then(|| name.to_owned())
}
