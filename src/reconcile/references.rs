use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use crate::control_plane::{ForeignEntity, Live};
use crate::plan::{self, After, Plan};
use crate::reference::{self, Holder, Standing, Use, VaultEntity, Vaults};
use crate::schema::{Catalog, Kind, KindId, Object, Segment};
use crate::state::{DeclaredId, Desired};

/// Every reference that will stand once the plan is done, owned and foreign.
pub fn uses(catalog: &Catalog, plan: &Plan, after: &After<'_>) -> Vec<Use> {
    let owned = after.owned.iter().flat_map(|standing| owned(catalog, plan, standing));
    let foreign = after
        .foreign
        .iter()
        .flat_map(|(kind, entity)| foreign(catalog, *kind, entity));
    owned.chain(foreign).collect()
}

fn owned(catalog: &Catalog, plan: &Plan, standing: &plan::Standing<'_>) -> Vec<Use> {
    let body = standing.body.expose();
    let changed = standing.change.and_then(|change| plan.changes.get(change));
    let title = || match changed {
        Some(change) => change.subject().title.clone(),
        None => title(catalog.kind(standing.kind), standing.id, body),
    };
    let holder = Holder {
        kind: standing.kind,
        id: standing.id,
        title: &title,
        body,
        standing: if changed.is_some() {
            Standing::Changed
        } else {
            Standing::Unchanged
        },
        declared: standing.declared,
    };
    reference::find(catalog, &holder)
}

/// Of a foreign entity only the places of its references were kept: they are put back where they stood.
fn foreign(catalog: &Catalog, kind: KindId, entity: &ForeignEntity) -> Vec<Use> {
    if entity.references.is_empty() {
        return Vec::new();
    }
    let mut body = Value::Object(entity.index.expose().clone());
    for (path, text) in &entity.references {
        put(&mut body, &path.0, text);
    }
    let Value::Object(body) = body else { return Vec::new() };
    let holder = Holder {
        kind,
        id: entity.id,
        title: &|| title(catalog.kind(kind), entity.id, &body),
        body: &body,
        standing: Standing::Foreign,
        declared: None,
    };
    reference::find(catalog, &holder)
}

/// Puts a text at a path, and makes what the path leads through.
fn put(value: &mut Value, path: &[Segment], text: &str) {
    let Some((first, rest)) = path.split_first() else {
        *value = Value::String(text.to_owned());
        return;
    };
    match first {
        Segment::Name(name) => {
            if !value.is_object() {
                *value = Value::Object(Object::new());
            }
            put(&mut value[name.as_str()], rest, text);
        }
        Segment::Index(index) => {
            let mut members = value.as_array_mut().map(std::mem::take).unwrap_or_default();
            members.resize(members.len().max(index + 1), Value::Null);
            put(&mut members[*index], rest, text);
            *value = Value::Array(members);
        }
    }
}

/// Every reference that the documents declare.
pub fn declared(catalog: &Catalog, desired: &Desired) -> Vec<Use> {
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    let uses = entities.flat_map(|(declared, entity)| {
        let body = entity.body.expose();
        let id = entity.id.unwrap_or_default();
        let holder = Holder {
            kind: entity.kind,
            id,
            title: &|| title(catalog.kind(entity.kind), id, body),
            body,
            standing: Standing::Changed,
            declared: Some(declared),
        };
        reference::find(catalog, &holder)
    });
    uses.collect()
}

/// The vaults by which references resolve once the plan is done.
pub fn vaults(catalog: &Catalog, live: &Live, after: &After<'_>) -> Vaults {
    let Some(vault) = catalog.find("vaults") else {
        return Vaults::default();
    };
    let kind = catalog.kind(vault);
    let owned = after.owned.iter().filter(|standing| standing.kind == vault);
    let owned = owned.filter_map(|standing| entity(kind, standing.body.expose(), standing.change.is_some()));
    let foreign = after.foreign.iter().filter(|(kind, _)| *kind == vault);
    let foreign = foreign.filter_map(|(_, foreign)| entity(kind, foreign.index.expose(), false));
    Vaults {
        loaded: backends(catalog),
        entities: owned.chain(foreign).collect(),
        complete: !live.forbidden.contains(&vault),
    }
}

/// The vaults that the documents declare, and all known backends.
pub fn declared_vaults(catalog: &Catalog, desired: &Desired) -> Vaults {
    let entities = desired
        .entities
        .iter()
        .filter(|entity| Some(entity.kind) == catalog.find("vaults"));
    let entities = entities.filter_map(|declared| entity(catalog.kind(declared.kind), declared.body.expose(), true));
    Vaults {
        loaded: backends(catalog),
        entities: entities.collect(),
        complete: false,
    }
}

/// The vaults that were read whole, and all known backends.
pub fn live_vaults(catalog: &Catalog, live: &Live) -> Vaults {
    let vaults = live
        .owned
        .iter()
        .filter(|(kind, _)| Some(**kind) == catalog.find("vaults"));
    let entities = vaults.flat_map(|(kind, entities)| {
        let kind = catalog.kind(*kind);
        entities
            .iter()
            .filter_map(move |live| entity(kind, live.body.expose(), false))
    });
    Vaults {
        loaded: backends(catalog),
        entities: entities.collect(),
        complete: live.forbidden.is_empty(),
    }
}

/// The backends the node says it has loaded; all that are known, if it does not say.
pub fn backends(catalog: &Catalog) -> BTreeSet<String> {
    catalog
        .loaded_vaults()
        .cloned()
        .unwrap_or_else(|| catalog.subschemas("vaults").map(str::to_owned).collect())
}

fn entity(kind: &Kind, body: &Object, changed: bool) -> Option<VaultEntity> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let option = body
        .get("config")
        .and_then(|config| config.get("prefix"))
        .and_then(Value::as_str);
    Some(VaultEntity {
        prefix: text(kind.endpoint_key.as_deref()?)?,
        backend: text(&kind.subschemas.as_ref()?.by)?,
        variable_prefix: option.map(str::to_owned),
        changed,
    })
}

/// The first field of the kind's title that is set and not secret; the id, if none is.
fn title(kind: &Kind, id: Uuid, body: &Object) -> String {
    let open = |field: &&String| kind.record.get(field).is_some_and(|known| !known.secret);
    let mut named = kind
        .title
        .fields
        .iter()
        .filter(open)
        .filter_map(|field| body.get(field).and_then(Value::as_str));
    named.next().map_or_else(|| id.to_string(), str::to_owned)
}
