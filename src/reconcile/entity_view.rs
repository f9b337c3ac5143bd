use uuid::Uuid;

use json::Object;
use plan::{Plan, PlannedEntity};
use reference::{ChangeState, EntityView};
use schema::{Catalog, KindId};
use state::{DeclaredEntity, DeclaredId};

/// Lends a view of an entity as it will be once a plan is done. Its name is made only when it is needed.
pub(crate) fn with_planned_view<T>(
    catalog: &Catalog,
    plan: &Plan,
    entity: &PlannedEntity<'_>,
    use_view: impl FnOnce(&EntityView<'_>) -> T,
) -> T {
    let body = entity.body.expose();
    let change = entity.change.and_then(|change| plan.changes.get(change));
    use_view(&EntityView {
        kind: entity.kind,
        id: entity.id,
        title: &|| match change {
            Some(change) => change.entity().name.to_string(),
            None => public_name(catalog, entity.kind, entity.id, body),
        },
        body,
        change_state: match change {
            Some(_) => ChangeState::Changed,
            None => ChangeState::Unchanged,
        },
        declared: entity.declared,
    })
}

/// Lends a view of an entity that the documents declare, with that body.
pub(crate) fn with_declared_view<T>(
    catalog: &Catalog,
    (declared, entity): (DeclaredId, &DeclaredEntity),
    body: &Object,
    use_view: impl FnOnce(&EntityView<'_>) -> T,
) -> T {
    let id = entity.id.unwrap_or_default();
    use_view(&EntityView {
        kind: entity.kind,
        id,
        title: &|| public_name(catalog, entity.kind, id, body),
        body,
        change_state: ChangeState::Changed,
        declared: Some(declared),
    })
}

/// An entity's own name, of its public fields; its id if it has none.
pub(crate) fn public_name(catalog: &Catalog, kind: KindId, id: Uuid, body: &Object) -> String {
    let unnamed = || match id.is_nil() {
        true => "without an id".to_owned(),
        false => id.to_string(),
    };
    plan::own_name(catalog, kind, body, None).unwrap_or_else(unnamed)
}
