use std::borrow::Cow;
use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{Change, ForeignEntity, LiveState, Plan};
use schema::{FieldPath, KindId};
use state::{DeclaredId, EntityBody};

/// What will be live once a plan is done: computed, not read.
pub struct PlannedState<'a> {
    /// The entities of the scopes, and those that the plan leaves alone though it could see all of them.
    pub owned: Vec<PlannedEntity<'a>>,
    /// The entities outside the scopes, as far as they are known.
    pub foreign: Vec<(KindId, &'a ForeignEntity)>,
}

/// An entity of the scopes as it will be.
pub struct PlannedEntity<'a> {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// All of it: as the server shows it, or as the plan will have written it (canonical: defaults filled in).
    pub body: Cow<'a, EntityBody>,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// The change that makes it so, by its place in the plan; none if it is so already.
    pub change: Option<usize>,
    /// The fields that the plan adds or changes; of an entity it creates, all that are set.
    pub changed_fields: Vec<FieldPath>,
    /// Whether it may hold references.
    pub has_reference: bool,
}

/// Computes what will be live once a plan is done.
pub fn compute_planned_state<'a>(live: &'a LiveState, plan: &Plan) -> PlannedState<'a> {
    let final_changes = final_changes(plan);
    let declared = |kind: KindId, id: Uuid| plan.declared_by_id.get(&(kind, id)).copied();
    let owned = live
        .owned
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity)));
    let unchanged = owned.filter(|(kind, entity)| !final_changes.contains_key(&(*kind, entity.id)));
    let unchanged = unchanged.map(|(kind, entity)| PlannedEntity {
        kind,
        id: entity.id,
        body: Cow::Borrowed(&entity.body),
        declared: declared(kind, entity.id),
        change: None,
        changed_fields: Vec::new(),
        has_reference: entity.has_reference,
    });
    let changed_entities = final_changes
        .iter()
        .filter_map(|((kind, id), change)| planned_entity(plan, *kind, *id, (*change)?));
    let foreign = live.foreign.iter();
    let count = live.owned.values().map(Vec::len).sum();
    let mut entities = Vec::with_capacity(count);
    entities.extend(unchanged.chain(changed_entities));
    PlannedState {
        owned: entities,
        foreign: foreign
            .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity)))
            .collect(),
    }
}

/// The change that says how each changed entity will be; none if it will be gone.
fn final_changes(plan: &Plan) -> BTreeMap<(KindId, Uuid), Option<usize>> {
    let mut final_changes = BTreeMap::new();
    for (at, change) in plan.changes.iter().enumerate() {
        let entity = change.entity();
        let final_change = final_changes.entry((entity.kind, entity.id)).or_insert(None);
        if !matches!(change, Change::Delete { .. }) {
            *final_change = Some(at);
        }
    }
    final_changes
}

fn planned_entity(plan: &Plan, kind: KindId, id: Uuid, at: usize) -> Option<PlannedEntity<'static>> {
    let (after, changed) = match &plan.changes[at] {
        Change::Create { after, .. } => (after, None),
        Change::Update { after, fields, .. } => (after, Some(fields)),
        Change::Delete { .. } => return None,
    };
    let body = after.to_request_body();
    let all_set = || {
        body.iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, _)| FieldPath::from_field(field))
            .collect()
    };
    let changed = changed.map_or_else(all_set, |fields| {
        fields.iter().map(|field| field.path.clone()).collect()
    });
    Some(PlannedEntity {
        kind,
        id,
        body: Cow::Owned(EntityBody::new(body)),
        declared: plan.declared_by_id.get(&(kind, id)).copied(),
        change: Some(at),
        changed_fields: changed,
        has_reference: true,
    })
}
