use std::collections::HashMap;

use uuid::Uuid;

use crate::draft::{ChangeDraft, DraftAction, FieldDiff, UpdateBody};
use crate::live_index::{LiveIndex, foreign_key_id};
use crate::redact::BodyRedactor;
use crate::schedule::{Schedule, StepRole};
use crate::{
    Change, ChangedEntity, EntityName, FieldChange, Phase, Plan, PlanInput, PlanValue, SecretOrigin, Step, StepAction,
    StepId,
};
use json::{Object, Value};
use schema::{FieldPath, KindId, canonicalize};

/// Builds of the scheduled drafts changes, for people, and steps, for the executor: from here on every secret is redacted.
pub(crate) fn build_plan<'a>(
    input: &PlanInput<'a>,
    live: &LiveIndex<'a>,
    drafts: &[ChangeDraft<'a>],
    schedule: &Schedule,
) -> Plan {
    let builder = PlanBuilder {
        input,
        live,
        drafts,
        by_id: index_drafts(drafts),
        schedule,
    };
    let mut plan = Plan::default();
    let mut changes = HashMap::new();
    for node in schedule.nodes.iter().filter(|node| node.role != StepRole::Rename) {
        changes.insert((node.draft, node.role), plan.changes.len());
        plan.changes.push(builder.build_change(node.draft, node.role));
    }
    for (node, dependencies) in schedule.nodes.iter().zip(&schedule.dependencies) {
        let own = changes.get(&(node.draft, node.role));
        let of_renamed = || {
            changes
                .get(&(node.draft, StepRole::Write))
                .or_else(|| changes.get(&(node.draft, StepRole::Delete)))
        };
        let change = own.or_else(of_renamed).copied().unwrap_or_default();
        plan.steps
            .push(builder.build_step(node.draft, node.role, node.phase, change, dependencies));
    }
    plan
}

struct PlanBuilder<'a, 'd> {
    input: &'d PlanInput<'a>,
    live: &'d LiveIndex<'a>,
    drafts: &'d [ChangeDraft<'a>],
    by_id: HashMap<(KindId, Uuid), usize>,
    schedule: &'d Schedule,
}

impl PlanBuilder<'_, '_> {
    fn build_change(&self, at: usize, role: StepRole) -> Change {
        let draft = &self.drafts[at];
        let is_replaced = self.schedule.is_replaced(at);
        match &draft.action {
            DraftAction::Create { desired, .. } => Change::Create {
                entity: self.changed_entity(draft, desired, None),
                after: self.redacted_body(draft, desired, &SecretOrigin::File),
            },
            DraftAction::Update { desired, .. } if is_replaced && role == StepRole::Write => Change::Create {
                entity: self.changed_entity(draft, desired, Some("made anew under its id")),
                after: self.redacted_body(draft, desired, &SecretOrigin::File),
            },
            DraftAction::Update { live, before, .. } if is_replaced => Change::Delete {
                entity: self.changed_entity(draft, live, Some("it cannot be changed in place")),
                before: self.redacted_body(draft, before, &SecretOrigin::Live),
            },
            DraftAction::Update {
                before,
                desired,
                fields,
                ..
            } => self.build_update(draft, before, desired, fields),
            DraftAction::Delete { live } => {
                let reason = self
                    .schedule
                    .is_early_delete(at)
                    .then_some("it has what its successor needs");
                let before = canonicalize(self.input.catalog, draft.kind, live).0;
                Change::Delete {
                    entity: self.changed_entity(draft, live, reason),
                    before: self.redacted_body(draft, &before, &SecretOrigin::Live),
                }
            }
        }
    }

    fn build_update(&self, draft: &ChangeDraft<'_>, before: &Object, desired: &Object, fields: &[FieldDiff]) -> Change {
        // a plugin or a vault may become another, whose fields are others
        let redactors = [before, desired].map(|body| self.redactor(draft, body));
        let redact = |path: &FieldPath, value: &Value, origin: &SecretOrigin| {
            let [left, right] = redactors
                .each_ref()
                .map(|redactor| redactor.redact_field(path, value, origin));
            left.merge_redactions(right)
        };
        let field_change = |field: &FieldDiff| FieldChange {
            path: field.path.clone(),
            before: redact(&field.path, &field.before, &SecretOrigin::Live),
            after: redact(&field.path, &field.after, &SecretOrigin::File),
        };
        Change::Update {
            entity: self.changed_entity(draft, desired, None),
            before: self.redacted_body(draft, before, &SecretOrigin::Live),
            after: self.redacted_body(draft, desired, &SecretOrigin::File),
            fields: fields.iter().map(field_change).collect(),
        }
    }

    fn build_step(&self, at: usize, role: StepRole, phase: Phase, change: usize, dependencies: &[u32]) -> Step {
        let draft = &self.drafts[at];
        let is_replaced = self.schedule.is_replaced(at);
        let (action, note) = match (role, &draft.action) {
            (StepRole::Rename, _) => {
                let fields: Vec<&str> = self.schedule.temporary_values(at).map(|(field, _)| field).collect();
                let temporary = self
                    .schedule
                    .temporary_values(at)
                    .map(|(field, value)| (field, value.clone()))
                    .collect();
                (
                    StepAction::Patch(self.request_value(draft, &temporary)),
                    Some(format!("park the {} of", fields.join(" and "))),
                )
            }
            (StepRole::Delete, _) | (StepRole::Write, DraftAction::Delete { .. }) => (
                StepAction::Delete,
                (phase == Phase::Write).then(|| "first delete".to_owned()),
            ),
            (StepRole::Write, DraftAction::Create { request_body: body, .. }) => {
                (StepAction::Create(self.request_value(draft, body)), None)
            }
            (StepRole::Write, DraftAction::Update { request_body, .. }) => match request_body {
                UpdateBody::Put(body) if is_replaced => (
                    StepAction::Create(self.request_value(draft, &recreate_body(self.input, draft, body))),
                    None,
                ),
                UpdateBody::Put(body) => (StepAction::Replace(self.request_value(draft, body)), None),
                UpdateBody::Patch(body) => (StepAction::Patch(self.request_value(draft, body)), None),
            },
        };
        Step {
            action,
            kind: draft.kind,
            id: draft.id,
            parent: self.parent_id(draft, role),
            change,
            phase,
            depends_on: dependencies.iter().map(|step| StepId(*step)).collect(),
            note,
        }
    }

    /// The parent on whose path the step's request is: the live one, or for a write the desired one.
    fn parent_id(&self, draft: &ChangeDraft<'_>, role: StepRole) -> Option<Uuid> {
        let field = self.input.catalog.kind(draft.kind).parent.as_ref()?;
        let body = match role {
            StepRole::Write => draft.desired().or(draft.live()),
            StepRole::Rename | StepRole::Delete => draft.live(),
        };
        foreign_key_id(body?, field)
    }

    fn changed_entity(&self, draft: &ChangeDraft<'_>, body: &Object, reason: Option<&str>) -> ChangedEntity {
        ChangedEntity {
            kind: draft.kind,
            id: draft.id,
            name: EntityName::new(
                self.input.catalog,
                draft.kind,
                (draft.id, body),
                self.input.fingerprinter,
                |kind, id| self.find_name(kind, id),
            ),
            declared: draft.declared,
            scope: draft.scope,
            reason: reason.map(str::to_owned),
        }
    }

    /// The own name of an entity as it will be, or is.
    fn find_name(&self, kind: KindId, id: Uuid) -> Option<String> {
        let draft = self.by_id.get(&(kind, id)).map(|at| &self.drafts[*at]);
        let desired = draft.and_then(|draft| draft.desired());
        let body = desired.or_else(|| self.live.get(kind, id).map(|entity| entity.body))?;
        Some(self.input.entity_name(kind, (id, body)))
    }

    /// A canonical body as reports show it, with its id.
    fn redacted_body(&self, draft: &ChangeDraft<'_>, body: &Object, origin: &SecretOrigin) -> PlanValue {
        let mut value = self.redactor(draft, body).redact_body(body, origin);
        if let PlanValue::Map(members) = &mut value {
            members.retain(|(name, _)| name != "id");
            members.insert(0, ("id".to_owned(), PlanValue::String(draft.id.to_string())));
        }
        value
    }

    fn request_value(&self, draft: &ChangeDraft<'_>, body: &Object) -> PlanValue {
        let entity_body = draft.desired().or(draft.live()).unwrap_or(body);
        self.redactor(draft, entity_body).redact_body(body, &SecretOrigin::File)
    }

    fn redactor(&self, draft: &ChangeDraft<'_>, body: &Object) -> BodyRedactor<'_> {
        let declared = draft.declared.map(|at| self.input.desired.entity(at));
        BodyRedactor::new(
            self.input.catalog,
            (draft.kind, draft.id),
            body,
            declared,
            self.input.fingerprinter,
        )
    }
}

/// The body of an update as that of a creation under the same id.
fn recreate_body(input: &PlanInput<'_>, draft: &ChangeDraft<'_>, body: &Object) -> Object {
    let preserved = &input.catalog.kind(draft.kind).preserved;
    let fields = body
        .iter()
        .filter(|(field, _)| !preserved.iter().any(|kept| kept == field));
    let id = ("id", Value::from(draft.id.to_string()));
    fields
        .map(|(field, value)| (field, value.clone()))
        .chain([id])
        .collect()
}

fn index_drafts(drafts: &[ChangeDraft<'_>]) -> HashMap<(KindId, Uuid), usize> {
    drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| ((draft.kind, draft.id), at))
        .collect()
}
