use rustc_hash::FxHashSet;
use uuid::Uuid;

use super::draft::{ChangeDraft, DraftAction};
use super::error::ownership_reason;
use super::live_index::{LiveIndex, LiveRef, Ownership, foreign_key_ids};
use super::matching::EntityMatches;
use super::{PlanError, PlanInput, kin};
use schema::{ForeignField, KindId, OnDelete};
use state::{ScopeId, entity_tags};
use yaml::Diagnostic;

/// Drafts the deletion of every owned entity that no document declares, those that refer to others first. It is an error if
/// that would take away or break what belongs to others.
pub(super) fn draft_deletes<'a>(question: &PlanInput<'a>, matches: &mut EntityMatches<'a>) -> Vec<ChangeDraft<'a>> {
    if question.options.no_delete {
        return Vec::new();
    }
    let known = &matches.live;
    let (mut drafts, mut doomed) = (Vec::new(), FxHashSet::default());
    for kind in kin::kinds_by_dependency(question.catalog).into_iter().rev() {
        for holder in known.of_kind(kind) {
            if holder.ownership == Ownership::Managed && !matches.claimed.contains(&(kind, holder.id)) {
                doomed.insert((kind, holder.id));
                drafts.push(ChangeDraft {
                    kind,
                    id: holder.id,
                    declared: None,
                    scope: scope_of(question, holder),
                    action: DraftAction::Delete { live: holder.body },
                });
            }
        }
    }
    if !doomed.is_empty() {
        matches.errors.extend(foreign_loss_errors(question, known, &doomed));
    }
    drafts
}

/// What belongs to others and would go, or be left pointing at nothing the server allows.
fn foreign_loss_errors(
    question: &PlanInput<'_>,
    known: &LiveIndex<'_>,
    doomed: &FxHashSet<(KindId, Uuid)>,
) -> Vec<PlanError> {
    let others = known
        .entities
        .iter()
        .filter(|holder| holder.ownership != Ownership::Managed);
    let losses = others.flat_map(|holder| {
        let links = foreign_key_ids(question.catalog.kind(holder.kind), holder.body);
        let lost = links
            .filter(|(foreign, id)| foreign.on_delete != OnDelete::Dangle && doomed.contains(&(foreign.kind, *id)));
        lost.map(move |(foreign, id)| foreign_loss_error(question, known, holder, foreign, id))
    });
    losses.collect()
}

fn foreign_loss_error(
    question: &PlanInput<'_>,
    known: &LiveIndex<'_>,
    holder: &LiveRef<'_>,
    foreign: &ForeignField,
    id: Uuid,
) -> PlanError {
    let name = |kind, id: Uuid| match known.get(kind, id) {
        Some(holder) => question.entity_name(kind, (id, holder.body)),
        None => id.to_string(),
    };
    let gone = format!(
        "{} {}",
        question.catalog.kind(foreign.kind).name,
        name(foreign.kind, id)
    );
    let other = format!(
        "{} {} ({})",
        question.catalog.kind(holder.kind).name,
        name(holder.kind, holder.id),
        holder.id
    );
    let fate = match foreign.on_delete {
        OnDelete::Cascade => format!("{other} would be deleted with it"),
        OnDelete::Restrict | OnDelete::Dangle => format!("{other} refers to it"),
    };
    let message = format!(
        "{gone} cannot be deleted: {fate}, and is {} ({})",
        ownership_reason(holder),
        holder.format_tags()
    );
    let remedy = "keep what is to be deleted, or have the owner of the other move it away first";
    PlanError::conflict(Diagnostic::error("conflict", message).help(remedy))
}

fn scope_of(question: &PlanInput<'_>, holder: &LiveRef<'_>) -> ScopeId {
    let scopes = &question.desired.scopes;
    let at = scopes
        .iter()
        .position(|scope| scope.includes_tags(entity_tags(holder.body)));
    ScopeId(at.unwrap_or(0) as u32)
}
