use std::collections::HashMap;

use uuid::Uuid;

use super::draft::{Act, Draft, Sent, Update};
use super::known::{Known, link_in};
use super::order::{Ordered, Work};
use super::title;
use super::veil::Veil;
use super::{Action, Change, FieldChange, Phase, Plan, Question, SecretOrigin, Step, StepId, Subject, Tree};
use json::{Object, Value};
use schema::{FieldPath, KindId, canonicalize};

/// Writes the ordered drafts out as changes, for people, and steps, for the executor: from here on every secret is hidden.
pub(super) fn write_out<'a>(
    question: &Question<'a>,
    known: &Known<'a>,
    drafts: &[Draft<'a>],
    ordered: &Ordered,
) -> Plan {
    let writer = Writer {
        question,
        known,
        drafts,
        by_id: index(drafts),
        ordered,
    };
    let mut plan = Plan::default();
    let mut changes = HashMap::new();
    for node in ordered.nodes.iter().filter(|node| node.work != Work::Park) {
        changes.insert((node.draft, node.work), plan.changes.len());
        plan.changes.push(writer.change(node.draft, node.work));
    }
    for (node, waits) in ordered.nodes.iter().zip(&ordered.waits) {
        let own = changes.get(&(node.draft, node.work));
        let of_parked = || {
            changes
                .get(&(node.draft, Work::Make))
                .or_else(|| changes.get(&(node.draft, Work::Remove)))
        };
        let change = own.or_else(of_parked).copied().unwrap_or_default();
        plan.steps
            .push(writer.step(node.draft, node.work, node.phase, change, waits));
    }
    plan
}

struct Writer<'a, 'd> {
    question: &'d Question<'a>,
    known: &'d Known<'a>,
    drafts: &'d [Draft<'a>],
    by_id: HashMap<(KindId, Uuid), usize>,
    ordered: &'d Ordered,
}

impl Writer<'_, '_> {
    fn change(&self, at: usize, work: Work) -> Change {
        let draft = &self.drafts[at];
        let replaced = self.ordered.replaced(at);
        match &draft.act {
            Act::Create { desired, .. } => Change::Create {
                subject: self.subject(draft, desired, None),
                after: self.shown(draft, desired, &SecretOrigin::File),
            },
            Act::Update(update) if replaced && work == Work::Make => Change::Create {
                subject: self.subject(draft, &update.desired, Some("made anew under its id")),
                after: self.shown(draft, &update.desired, &SecretOrigin::File),
            },
            Act::Update(update) if replaced => Change::Delete {
                subject: self.subject(draft, update.live, Some("it cannot be changed in place")),
                before: self.shown(draft, &update.before, &SecretOrigin::Live),
            },
            Act::Update(update) => self.update(draft, update),
            Act::Delete { live } => {
                let early = self.ordered.early(at).then_some("it has what its successor needs");
                let before = canonicalize(self.question.catalog, draft.kind, live).0;
                Change::Delete {
                    subject: self.subject(draft, live, early),
                    before: self.shown(draft, &before, &SecretOrigin::Live),
                }
            }
        }
    }

    fn update(&self, draft: &Draft<'_>, update: &Update<'_>) -> Change {
        // a plugin or a vault may become another, whose fields are others
        let veils = [&update.before, &update.desired].map(|body| self.veil(draft, body));
        let shown = |path: &FieldPath, value: &Value, origin: &SecretOrigin| {
            let [one, two] = veils.each_ref().map(|veil| veil.field(path, value, origin));
            one.hidden_as(two)
        };
        let field = |field: &super::draft::Differing| FieldChange {
            path: field.path.clone(),
            before: shown(&field.path, &field.before, &SecretOrigin::Live),
            after: shown(&field.path, &field.after, &SecretOrigin::File),
        };
        Change::Update {
            subject: self.subject(draft, &update.desired, None),
            before: self.shown(draft, &update.before, &SecretOrigin::Live),
            after: self.shown(draft, &update.desired, &SecretOrigin::File),
            fields: update.fields.iter().map(field).collect(),
        }
    }

    fn step(&self, at: usize, work: Work, phase: Phase, change: usize, waits: &[u32]) -> Step {
        let draft = &self.drafts[at];
        let replaced = self.ordered.replaced(at);
        let (action, note) = match (work, &draft.act) {
            (Work::Park, _) => {
                let fields: Vec<&str> = self.ordered.parked(at).map(|(field, _)| field).collect();
                let parked = self
                    .ordered
                    .parked(at)
                    .map(|(field, value)| (field, value.clone()))
                    .collect();
                (
                    Action::Change(self.tree(draft, &parked)),
                    Some(format!("park the {} of", fields.join(" and "))),
                )
            }
            (Work::Remove, _) | (Work::Make, Act::Delete { .. }) => (
                Action::Delete,
                (phase == Phase::Stand).then(|| "first delete".to_owned()),
            ),
            (Work::Make, Act::Create { body, .. }) => (Action::Create(self.tree(draft, body)), None),
            (Work::Make, Act::Update(update)) => match &update.sent {
                Sent::Put(body) if replaced => (
                    Action::Create(self.tree(draft, &anew(self.question, draft, body))),
                    None,
                ),
                Sent::Put(body) => (Action::Replace(self.tree(draft, body)), None),
                Sent::Patch(body) => (Action::Change(self.tree(draft, body)), None),
            },
        };
        Step {
            action,
            kind: draft.kind,
            id: draft.id,
            parent: self.parent(draft, work),
            change,
            phase,
            after: waits.iter().map(|wait| StepId(*wait)).collect(),
            note,
        }
    }

    /// The parent on whose path the step works: where the entity stands, or is to stand.
    fn parent(&self, draft: &Draft<'_>, work: Work) -> Option<Uuid> {
        let field = self.question.catalog.kind(draft.kind).parent.as_ref()?;
        let body = match work {
            Work::Make => draft.desired().or(draft.live()),
            Work::Park | Work::Remove => draft.live(),
        };
        link_in(body?, field)
    }

    fn subject(&self, draft: &Draft<'_>, body: &Object, because: Option<&str>) -> Subject {
        Subject {
            kind: draft.kind,
            id: draft.id,
            title: title::title(
                self.question.catalog,
                draft.kind,
                (draft.id, body),
                self.question.fingerprinter,
                |kind, id| self.name_of(kind, id),
            ),
            declared: draft.declared,
            scope: draft.scope,
            because: because.map(str::to_owned),
        }
    }

    fn name_of(&self, kind: KindId, id: Uuid) -> Option<String> {
        let draft = self.by_id.get(&(kind, id)).map(|at| &self.drafts[*at]);
        let drafted = draft.and_then(|draft| draft.desired());
        let body = drafted.or_else(|| self.known.by_id(kind, id).map(|holder| holder.body))?;
        Some(title::name(
            self.question.catalog,
            kind,
            (id, body),
            self.question.fingerprinter,
        ))
    }

    /// A canonical body as it is shown, with its id.
    fn shown(&self, draft: &Draft<'_>, body: &Object, origin: &SecretOrigin) -> Tree {
        let mut tree = self.veil(draft, body).body(body, origin);
        if let Tree::Map(members) = &mut tree {
            members.retain(|(name, _)| name != "id");
            members.insert(0, ("id".to_owned(), Tree::String(draft.id.to_string())));
        }
        tree
    }

    fn tree(&self, draft: &Draft<'_>, body: &Object) -> Tree {
        let whole = draft.desired().or(draft.live()).unwrap_or(body);
        self.veil(draft, whole).body(body, &SecretOrigin::File)
    }

    fn veil(&self, draft: &Draft<'_>, body: &Object) -> Veil<'_> {
        let declared = draft.declared.map(|at| self.question.desired.entity(at));
        Veil::new(
            self.question.catalog,
            draft.kind,
            body,
            declared,
            self.question.fingerprinter,
        )
    }
}

/// The body of an update as that of a creation under the same id.
fn anew(question: &Question<'_>, draft: &Draft<'_>, body: &Object) -> Object {
    let carried = &question.catalog.kind(draft.kind).preserved;
    let kept = body
        .iter()
        .filter(|(field, _)| !carried.iter().any(|known| known == field));
    let id = ("id", Value::from(draft.id.to_string()));
    kept.map(|(field, value)| (field, value.clone())).chain([id]).collect()
}

fn index(drafts: &[Draft<'_>]) -> HashMap<(KindId, Uuid), usize> {
    drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| ((draft.kind, draft.id), at))
        .collect()
}
