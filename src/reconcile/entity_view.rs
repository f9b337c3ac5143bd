//! Entities as their references, and what stands in their fields, are looked at. Their names are made when they are told.

use uuid::Uuid;

use json::{Object, Value};
use plan::{self, Plan};
use reference::{ChangeState, EntityView};
use schema::{Catalog, Kind};
use state::{DeclaredEntity, DeclaredId};

/// Looks at an entity that will stand once a plan is done.
pub fn with_planned_view<T>(
    catalog: &Catalog,
    plan: &Plan,
    entity: &plan::PlannedEntity<'_>,
    look: impl FnOnce(&EntityView<'_>) -> T,
) -> T {
    let body = entity.body.expose();
    let change = entity.change.and_then(|change| plan.changes.get(change));
    look(&EntityView {
        kind: entity.kind,
        id: entity.id,
        title: &|| match change {
            Some(change) => change.entity().title.clone(),
            None => entity_title(catalog.kind(entity.kind), entity.id, body),
        },
        body,
        change_state: match change {
            Some(_) => ChangeState::Changed,
            None => ChangeState::Unchanged,
        },
        declared: entity.declared,
    })
}

/// Looks at an entity that the documents declare, with that body.
pub fn with_declared_view<T>(
    catalog: &Catalog,
    (declared, entity): (DeclaredId, &DeclaredEntity),
    body: &Object,
    look: impl FnOnce(&EntityView<'_>) -> T,
) -> T {
    let id = entity.id.unwrap_or_default();
    look(&EntityView {
        kind: entity.kind,
        id,
        title: &|| entity_title(catalog.kind(entity.kind), id, body),
        body,
        change_state: ChangeState::Changed,
        declared: Some(declared),
    })
}

/// The first field of the kind's title that is set and not secret; the id, if none is and there is one.
pub fn entity_title(kind: &Kind, id: Uuid, body: &Object) -> String {
    let open = |field: &&String| kind.record.get(field).is_some_and(|known| !known.secret);
    let mut named = kind
        .title
        .fields
        .iter()
        .filter(open)
        .filter_map(|field| body.get(field).and_then(Value::as_str));
    let unnamed = || match id.is_nil() {
        true => "without an id".to_owned(),
        false => id.to_string(),
    };
    named.next().map_or_else(unnamed, str::to_owned)
}
