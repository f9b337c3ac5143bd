use std::borrow::Cow;
use std::collections::HashMap;

use uuid::Uuid;

use super::super::draft::{ChangeDraft, DraftAction};
use super::super::error::conflict_error;
use super::super::key::{key_from_body, unique_field_sets};
use super::super::live_index::{LiveIndex, LiveRef, Ownership};
use super::super::{PlanError, PlanInput};
use schema::{Kind, KindId};
use yaml::{Diagnostic, DiagnosticCode};

/// A unique value that one draft takes while another entity still has it.
pub(super) struct NameHandover {
    /// The draft that takes it.
    pub taker: usize,
    /// The draft of the entity that has it, and gives it up.
    pub holder: usize,
    /// The fields whose values together are unique.
    pub fields: Vec<String>,
}

/// Finds every unique value that is taken from another entity. One that its holder keeps is a problem.
pub(super) fn find_handovers(
    question: &PlanInput<'_>,
    known: &LiveIndex<'_>,
    drafts: &[ChangeDraft<'_>],
) -> (Vec<NameHandover>, Vec<PlanError>) {
    let by_id: HashMap<(KindId, Uuid), usize> = drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| ((draft.kind, draft.id), at))
        .collect();
    let mut holders = UniqueValueIndex::default();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (taker, draft) in drafts.iter().enumerate() {
        let Some(desired) = draft.desired() else { continue };
        let kind = question.catalog.kind(draft.kind);
        for set in unique_field_sets(kind) {
            let Some(key) = key_from_body(kind, &set, desired) else {
                continue;
            };
            if draft.live().and_then(|live| key_from_body(kind, &set, live)).as_ref() == Some(&key) {
                continue;
            }
            let Some(at) = holders
                .holders_by_key(known, kind, draft.kind, &set)
                .get(&*key)
                .copied()
            else {
                continue;
            };
            let holder = &known.entities[at];
            if holder.id == draft.id {
                continue;
            }
            match by_id.get(&(draft.kind, holder.id)).copied() {
                Some(other) if releases_value(kind, &set, &drafts[other], &key) => found.push(NameHandover {
                    taker,
                    holder: other,
                    fields: set,
                }),
                _ => problems.extend(kept_value_error(question, kind, draft, holder, &set)),
            }
        }
    }
    (found, problems)
}

/// Who has which unique values, looked up once a kind and set.
#[derive(Default)]
struct UniqueValueIndex<'a> {
    by_fields: HashMap<(KindId, Vec<String>), HashMap<Cow<'a, str>, usize>>,
}

impl<'a> UniqueValueIndex<'a> {
    fn holders_by_key(
        &mut self,
        known: &LiveIndex<'a>,
        kind: &Kind,
        id: KindId,
        set: &[String],
    ) -> &HashMap<Cow<'a, str>, usize> {
        self.by_fields.entry((id, set.to_vec())).or_insert_with(|| {
            let places = known.enumerate_kind(id);
            places
                .filter_map(|(at, holder)| Some((key_from_body(kind, set, holder.body)?, at)))
                .collect()
        })
    }
}

fn releases_value(kind: &Kind, set: &[String], holder: &ChangeDraft<'_>, key: &str) -> bool {
    match &holder.action {
        DraftAction::Delete { .. } => true,
        DraftAction::Update(update) => key_from_body(kind, set, &update.desired).as_deref() != Some(key),
        DraftAction::Create { .. } => false,
    }
}

/// The problem of a unique value that its holder keeps.
fn kept_value_error(
    question: &PlanInput<'_>,
    kind: &Kind,
    draft: &ChangeDraft<'_>,
    holder: &LiveRef<'_>,
    set: &[String],
) -> Option<PlanError> {
    let declared = question.desired.entity(draft.declared?);
    let why = format!("it has the {} that is declared", set.join(" and "));
    if holder.ownership != Ownership::Managed || question.options.no_delete {
        return Some(conflict_error(kind, holder, &why, declared));
    }
    let message = format!(
        "another {} of the documents has the same {}",
        kind.name,
        set.join(" and ")
    );
    Some(PlanError::invalid(
        Diagnostic::error(DiagnosticCode::DuplicateEntity, message).at(declared.location.span),
    ))
}
