use std::collections::BTreeMap;

use uuid::Uuid;

use json::Value;
use plan::{Change, LiveState, Plan, PlanValue};
use schema::{Catalog, KindId};

/// Names of entities, by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntityNames {
    by_entity: BTreeMap<(KindId, Uuid), String>,
    children: BTreeMap<(KindId, Uuid), (String, Value)>,
}

impl EntityNames {
    pub(crate) fn get(&self, kind: KindId, id: Uuid) -> Option<&String> {
        self.by_entity.get(&(kind, id))
    }

    /// The field in which a server lists an entity's children by name, with the list, if it has any (a certificate's SNIs).
    pub(crate) fn children(&self, kind: KindId, id: Uuid) -> Option<&(String, Value)> {
        self.children.get(&(kind, id))
    }
}

/// Collects the names of live and planned entities, except those that are secret or look like an id.
pub(crate) fn collect_entity_names(catalog: &Catalog, live: &LiveState, plan: &Plan) -> EntityNames {
    let owned = live
        .owned
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.id, entity.body.expose())));
    let foreign = live
        .foreign
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity.id, entity.index.expose())));
    let live_names = owned.chain(foreign).filter_map(|(kind, id, body)| {
        Some((
            (kind, id),
            public_name(catalog, kind, |field| body.get(field)?.as_str())?,
        ))
    });
    EntityNames {
        by_entity: live_names
            .chain(plan.changes.iter().filter_map(|change| planned_name(catalog, change)))
            .collect(),
        children: collect_child_names(catalog, live),
    }
}

fn collect_child_names(catalog: &Catalog, live: &LiveState) -> BTreeMap<(KindId, Uuid), (String, Value)> {
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

/// The name that a created or updated entity will have.
fn planned_name(catalog: &Catalog, change: &Change) -> Option<((KindId, Uuid), String)> {
    let (entity, PlanValue::Map(fields)) = (match change {
        Change::Create { entity, after } | Change::Update { entity, after, .. } => (entity, after),
        Change::Delete { .. } => return None,
    }) else {
        return None;
    };
    let text = |field: &str| match fields.iter().find(|(name, _)| name == field) {
        Some((_, PlanValue::String(text))) => Some(text.as_str()),
        _ => None,
    };
    Some(((entity.kind, entity.id), public_name(catalog, entity.kind, text)?))
}

fn public_name<'a>(catalog: &Catalog, kind: KindId, text: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let kind = catalog.kind(kind);
    let field = kind.endpoint_key.as_ref()?;
    if kind.record.get(field).is_none_or(|field| field.secret) {
        return None;
    }
    let name = text(field)?;
    name.parse::<Uuid>().is_err().then(|| name.to_owned())
}
