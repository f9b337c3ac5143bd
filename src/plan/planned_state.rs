use std::borrow::Cow;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Change, Plan};
use crate::{ForeignEntity, LiveState};
use json::Value;
use schema::{FieldPath, KindId};
use state::{DeclaredId, EntityBody};

/// What will stand once a plan is done: computed, not read.
pub struct PlannedState<'a> {
    /// The entities of the scopes, and those that the plan leaves alone though it could see all of them.
    pub owned: Vec<PlannedEntity<'a>>,
    /// The entities outside the scopes, as far as they are known.
    pub foreign: Vec<(KindId, &'a ForeignEntity)>,
}

/// One entity of the scopes as it will stand.
pub struct PlannedEntity<'a> {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// All of it: as the server shows it, or as the plan will have written it (canonical: defaults filled in).
    pub body: Cow<'a, EntityBody>,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// The change that made it so, by its place in the plan; none if it stands so already.
    pub change: Option<usize>,
    /// The fields that the plan adds or changes; of an entity it creates, all that are set.
    pub changed_fields: Vec<FieldPath>,
    /// Whether it may hold references.
    pub has_reference: bool,
}

/// What will stand once the plan is done.
pub fn compute_planned_state<'a>(live: &'a LiveState, plan: &Plan) -> PlannedState<'a> {
    let fates = final_changes(plan);
    let declared = |kind: KindId, id: Uuid| plan.declared_by_id.get(&(kind, id)).copied();
    let owned = live
        .owned
        .iter()
        .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity)));
    let unchanged = owned.filter(|(kind, entity)| !fates.contains_key(&(*kind, entity.id)));
    let unchanged = unchanged.map(|(kind, entity)| PlannedEntity {
        kind,
        id: entity.id,
        body: Cow::Borrowed(&entity.body),
        declared: declared(kind, entity.id),
        change: None,
        changed_fields: Vec::new(),
        has_reference: entity.has_reference,
    });
    let made = fates
        .iter()
        .filter_map(|((kind, id), change)| planned_entity(plan, *kind, *id, (*change)?));
    let foreign = live.foreign.iter();
    let count = live.owned.values().map(Vec::len).sum();
    let mut standing = Vec::with_capacity(count);
    standing.extend(unchanged.chain(made));
    PlannedState {
        owned: standing,
        foreign: foreign
            .flat_map(|(kind, entities)| entities.iter().map(|entity| (*kind, entity)))
            .collect(),
    }
}

/// What becomes of every entity that changes: the change that says how it will stand, or that it will be gone.
fn final_changes(plan: &Plan) -> BTreeMap<(KindId, Uuid), Option<usize>> {
    let mut fates = BTreeMap::new();
    for (at, change) in plan.changes.iter().enumerate() {
        let subject = change.entity();
        let fate = fates.entry((subject.kind, subject.id)).or_insert(None);
        if !matches!(change, Change::Delete { .. }) {
            *fate = Some(at);
        }
    }
    fates
}

fn planned_entity(plan: &Plan, kind: KindId, id: Uuid, at: usize) -> Option<PlannedEntity<'static>> {
    let (tree, changed) = match &plan.changes[at] {
        Change::Create { after, .. } => (after, None),
        Change::Update { after, fields, .. } => (after, Some(fields)),
        Change::Delete { .. } => return None,
    };
    let Some(Value::Object(body)) = tree.to_request_json(&|_| None) else {
        return None;
    };
    let set = || {
        body.iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, _)| FieldPath::from_field(field))
            .collect()
    };
    let changed = changed.map_or_else(set, |fields| fields.iter().map(|field| field.path.clone()).collect());
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
