use std::borrow::Cow;
use std::collections::HashMap;

use uuid::Uuid;

use crate::draft::{ChangeDraft, DraftAction};
use crate::error::conflict_error;
use crate::key::{key_from_body, unique_field_sets};
use crate::live_index::{LiveIndex, LiveRef, Ownership};
use crate::{PlanError, PlanInput};
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

/// Finds every unique value that is taken from another entity. One that its holder keeps is an error.
pub(super) fn find_handovers(
    input: &PlanInput<'_>,
    live: &LiveIndex<'_>,
    drafts: &[ChangeDraft<'_>],
) -> (Vec<NameHandover>, Vec<PlanError>) {
    let by_id: HashMap<(KindId, Uuid), usize> = drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| ((draft.kind, draft.id), at))
        .collect();
    let mut index = UniqueValueIndex::default();
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for (taker, draft) in drafts.iter().enumerate() {
        let Some(desired) = draft.desired() else { continue };
        let kind = input.catalog.kind(draft.kind);
        for fields in unique_field_sets(kind) {
            let Some(key) = key_from_body(kind, &fields, desired) else {
                continue;
            };
            if draft
                .live()
                .and_then(|live| key_from_body(kind, &fields, live))
                .as_ref()
                == Some(&key)
            {
                continue;
            }
            let Some(at) = index
                .holders_by_key(live, kind, draft.kind, &fields)
                .get(&*key)
                .copied()
            else {
                continue;
            };
            let holder = &live.entities[at];
            if holder.id == draft.id {
                continue;
            }
            match by_id.get(&(draft.kind, holder.id)).copied() {
                Some(holder_draft) if releases_value(kind, &fields, &drafts[holder_draft], &key) => {
                    found.push(NameHandover {
                        taker,
                        holder: holder_draft,
                        fields,
                    })
                }
                _ => errors.extend(kept_value_error(input, kind, draft, holder, &fields)),
            }
        }
    }
    (found, errors)
}

/// Which entity has which unique value, indexed once a kind and set of fields.
#[derive(Default)]
struct UniqueValueIndex<'a> {
    by_fields: HashMap<(KindId, Vec<String>), HashMap<Cow<'a, str>, usize>>,
}

impl<'a> UniqueValueIndex<'a> {
    fn holders_by_key(
        &mut self,
        live: &LiveIndex<'a>,
        kind: &Kind,
        id: KindId,
        fields: &[String],
    ) -> &HashMap<Cow<'a, str>, usize> {
        self.by_fields.entry((id, fields.to_vec())).or_insert_with(|| {
            live.enumerate_kind(id)
                .filter_map(|(at, holder)| Some((key_from_body(kind, fields, holder.body)?, at)))
                .collect()
        })
    }
}

fn releases_value(kind: &Kind, fields: &[String], holder: &ChangeDraft<'_>, key: &str) -> bool {
    match &holder.action {
        DraftAction::Delete { .. } => true,
        DraftAction::Update { desired, .. } => key_from_body(kind, fields, desired).as_deref() != Some(key),
        DraftAction::Create { .. } => false,
    }
}

/// The error of a unique value that its holder keeps.
fn kept_value_error(
    input: &PlanInput<'_>,
    kind: &Kind,
    draft: &ChangeDraft<'_>,
    holder: &LiveRef<'_>,
    fields: &[String],
) -> Option<PlanError> {
    let declared = input.desired.entity(draft.declared?);
    let reason = format!("it has the {} that is declared", fields.join(" and "));
    if holder.ownership != Ownership::Managed || input.options.no_delete {
        return Some(conflict_error(kind, holder, &reason, declared));
    }
    let message = format!(
        "another {} of the documents has the same {}",
        kind.name,
        fields.join(" and ")
    );
    Some(PlanError::invalid(
        Diagnostic::error(DiagnosticCode::DuplicateEntity, message).at(declared.location.span),
    ))
}
