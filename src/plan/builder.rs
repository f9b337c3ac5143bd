use std::collections::HashMap;

use uuid::Uuid;

use super::draft::{ChangeDraft, DraftAction, UpdateBody, UpdateDraft};
use super::live_index::{LiveIndex, foreign_key_id};
use super::redact::BodyRedactor;
use super::schedule::{Schedule, StepRole};
use super::{
    Change, ChangedEntity, EntityName, FieldChange, Phase, Plan, PlanInput, PlanValue, SecretOrigin, Step, StepAction,
    StepId,
};
use json::{Object, Value};
use schema::{FieldPath, KindId, canonicalize};

/// Writes the ordered drafts out as changes, for people, and steps, for the executor: from here on every secret is hidden.
pub(super) fn build_plan<'a>(
    question: &PlanInput<'a>,
    known: &LiveIndex<'a>,
    drafts: &[ChangeDraft<'a>],
    ordered: &Schedule,
) -> Plan {
    let writer = PlanBuilder {
        input: question,
        live: known,
        drafts,
        by_id: index_drafts(drafts),
        schedule: ordered,
    };
    let mut plan = Plan::default();
    let mut changes = HashMap::new();
    for node in ordered.nodes.iter().filter(|node| node.role != StepRole::Rename) {
        changes.insert((node.draft, node.role), plan.changes.len());
        plan.changes.push(writer.build_change(node.draft, node.role));
    }
    for (node, waits) in ordered.nodes.iter().zip(&ordered.dependencies) {
        let own = changes.get(&(node.draft, node.role));
        let of_parked = || {
            changes
                .get(&(node.draft, StepRole::Write))
                .or_else(|| changes.get(&(node.draft, StepRole::Delete)))
        };
        let change = own.or_else(of_parked).copied().unwrap_or_default();
        plan.steps
            .push(writer.build_step(node.draft, node.role, node.phase, change, waits));
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
    fn build_change(&self, at: usize, work: StepRole) -> Change {
        let draft = &self.drafts[at];
        let replaced = self.schedule.is_replaced(at);
        match &draft.action {
            DraftAction::Create { desired, .. } => Change::Create {
                entity: self.changed_entity(draft, desired, None),
                after: self.redacted_body(draft, desired, &SecretOrigin::File),
            },
            DraftAction::Update(update) if replaced && work == StepRole::Write => Change::Create {
                entity: self.changed_entity(draft, &update.desired, Some("made anew under its id")),
                after: self.redacted_body(draft, &update.desired, &SecretOrigin::File),
            },
            DraftAction::Update(update) if replaced => Change::Delete {
                entity: self.changed_entity(draft, update.live, Some("it cannot be changed in place")),
                before: self.redacted_body(draft, &update.before, &SecretOrigin::Live),
            },
            DraftAction::Update(update) => self.build_update(draft, update),
            DraftAction::Delete { live } => {
                let early = self
                    .schedule
                    .is_early_delete(at)
                    .then_some("it has what its successor needs");
                let before = canonicalize(self.input.catalog, draft.kind, live).0;
                Change::Delete {
                    entity: self.changed_entity(draft, live, early),
                    before: self.redacted_body(draft, &before, &SecretOrigin::Live),
                }
            }
        }
    }

    fn build_update(&self, draft: &ChangeDraft<'_>, update: &UpdateDraft<'_>) -> Change {
        // a plugin or a vault may become another, whose fields are others
        let veils = [&update.before, &update.desired].map(|body| self.redactor(draft, body));
        let shown = |path: &FieldPath, value: &Value, origin: &SecretOrigin| {
            let [one, two] = veils.each_ref().map(|veil| veil.redact_field(path, value, origin));
            one.merge_redactions(two)
        };
        let field = |field: &super::draft::FieldDiff| FieldChange {
            path: field.path.clone(),
            before: shown(&field.path, &field.before, &SecretOrigin::Live),
            after: shown(&field.path, &field.after, &SecretOrigin::File),
        };
        Change::Update {
            entity: self.changed_entity(draft, &update.desired, None),
            before: self.redacted_body(draft, &update.before, &SecretOrigin::Live),
            after: self.redacted_body(draft, &update.desired, &SecretOrigin::File),
            fields: update.fields.iter().map(field).collect(),
        }
    }

    fn build_step(&self, at: usize, work: StepRole, phase: Phase, change: usize, waits: &[u32]) -> Step {
        let draft = &self.drafts[at];
        let replaced = self.schedule.is_replaced(at);
        let (action, note) = match (work, &draft.action) {
            (StepRole::Rename, _) => {
                let fields: Vec<&str> = self.schedule.temporary_values(at).map(|(field, _)| field).collect();
                let parked = self
                    .schedule
                    .temporary_values(at)
                    .map(|(field, value)| (field, value.clone()))
                    .collect();
                (
                    StepAction::Patch(self.request_value(draft, &parked)),
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
            (StepRole::Write, DraftAction::Update(update)) => match &update.request_body {
                UpdateBody::Put(body) if replaced => (
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
            parent: self.parent_id(draft, work),
            change,
            phase,
            depends_on: waits.iter().map(|wait| StepId(*wait)).collect(),
            note,
        }
    }

    /// The parent on whose path the step works: where the entity stands, or is to stand.
    fn parent_id(&self, draft: &ChangeDraft<'_>, work: StepRole) -> Option<Uuid> {
        let field = self.input.catalog.kind(draft.kind).parent.as_ref()?;
        let body = match work {
            StepRole::Write => draft.desired().or(draft.live()),
            StepRole::Rename | StepRole::Delete => draft.live(),
        };
        foreign_key_id(body?, field)
    }

    fn changed_entity(&self, draft: &ChangeDraft<'_>, body: &Object, because: Option<&str>) -> ChangedEntity {
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
            reason: because.map(str::to_owned),
        }
    }

    /// The own name of an entity as it will be, or is.
    fn find_name(&self, kind: KindId, id: Uuid) -> Option<String> {
        let draft = self.by_id.get(&(kind, id)).map(|at| &self.drafts[*at]);
        let drafted = draft.and_then(|draft| draft.desired());
        let body = drafted.or_else(|| self.live.get(kind, id).map(|holder| holder.body))?;
        Some(self.input.entity_name(kind, (id, body)))
    }

    /// A canonical body as it is shown, with its id.
    fn redacted_body(&self, draft: &ChangeDraft<'_>, body: &Object, origin: &SecretOrigin) -> PlanValue {
        let mut tree = self.redactor(draft, body).redact_body(body, origin);
        if let PlanValue::Map(members) = &mut tree {
            members.retain(|(name, _)| name != "id");
            members.insert(0, ("id".to_owned(), PlanValue::String(draft.id.to_string())));
        }
        tree
    }

    fn request_value(&self, draft: &ChangeDraft<'_>, body: &Object) -> PlanValue {
        let whole = draft.desired().or(draft.live()).unwrap_or(body);
        self.redactor(draft, whole).redact_body(body, &SecretOrigin::File)
    }

    fn redactor(&self, draft: &ChangeDraft<'_>, body: &Object) -> BodyRedactor<'_> {
        let declared = draft.declared.map(|at| self.input.desired.entity(at));
        BodyRedactor::new(self.input.catalog, draft.kind, body, declared, self.input.fingerprinter)
    }
}

/// The body of an update as that of a creation under the same id.
fn recreate_body(question: &PlanInput<'_>, draft: &ChangeDraft<'_>, body: &Object) -> Object {
    let carried = &question.catalog.kind(draft.kind).preserved;
    let kept = body
        .iter()
        .filter(|(field, _)| !carried.iter().any(|known| known == field));
    let id = ("id", Value::from(draft.id.to_string()));
    kept.map(|(field, value)| (field, value.clone())).chain([id]).collect()
}

fn index_drafts(drafts: &[ChangeDraft<'_>]) -> HashMap<(KindId, Uuid), usize> {
    drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| ((draft.kind, draft.id), at))
        .collect()
}
