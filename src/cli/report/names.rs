use std::collections::BTreeMap;

use uuid::Uuid;

use json::Value;
use plan::Live;
use plan::{Change, Plan, Tree};
use schema::{Catalog, KindId};

/// What entities are called, by their ids, to be said beside the ids.
#[derive(Clone, Debug, Default)]
pub struct Names {
    own: BTreeMap<(KindId, Uuid), String>,
    children: BTreeMap<(KindId, Uuid), (String, Value)>,
}

impl Names {
    /// The name of an entity.
    pub fn get(&self, kind: KindId, id: Uuid) -> Option<&String> {
        self.own.get(&(kind, id))
    }

    /// The field in which a server lists an entity's children by name, with the list, if it has any (a certificate's SNIs).
    pub fn children(&self, kind: KindId, id: Uuid) -> Option<&(String, Value)> {
        self.children.get(&(kind, id))
    }
}

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
    Names {
        own: known
            .chain(plan.changes.iter().filter_map(|change| made(catalog, change)))
            .collect(),
        children: children(catalog, live),
    }
}

fn children(catalog: &Catalog, live: &Live) -> BTreeMap<(KindId, Uuid), (String, Value)> {
    let mut children = BTreeMap::new();
    for (kind, entities) in &live.owned {
        let Some(named) = &catalog.kind(*kind).child_names else {
            continue;
        };
        for entity in entities {
            let list = entity.body.expose().get(&named.field);
            if let Some(list) = list.filter(|list| list.as_array().is_some_and(|list| !list.is_empty())) {
                children.insert((*kind, entity.id), (named.field.clone(), list.clone()));
            }
        }
    }
    children
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
