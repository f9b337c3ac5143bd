use rustc_hash::FxHashSet;
use uuid::Uuid;

use crate::draft::{ChangeDraft, DraftAction};
use crate::error::ownership_reason;
use crate::live_index::{LiveIndex, LiveRef, Ownership, foreign_key_ids, kinds_by_dependency};
use crate::matching::EntityMatches;
use crate::{PlanError, PlanInput};
use schema::{ForeignField, KindId, OnDelete};
use state::{ScopeId, entity_tags};
use yaml::{Diagnostic, DiagnosticCode};

/// Drafts the deletion of every owned entity that no document declares, those that refer to others first. It is an error if
/// that would take away or break what belongs to others.
pub(crate) fn draft_deletes<'a>(input: &PlanInput<'a>, matches: &mut EntityMatches<'a>) -> Vec<ChangeDraft<'a>> {
    if input.options.no_delete {
        return Vec::new();
    }
    let live = &matches.live;
    let (mut drafts, mut deleted) = (Vec::new(), FxHashSet::default());
    for kind in kinds_by_dependency(input.catalog).into_iter().rev() {
        for entity in live.of_kind(kind) {
            if entity.ownership == Ownership::Managed && !matches.claimed.contains(&(kind, entity.id)) {
                deleted.insert((kind, entity.id));
                drafts.push(ChangeDraft {
                    kind,
                    id: entity.id,
                    declared: None,
                    scope: scope_of(input, entity),
                    action: DraftAction::Delete { live: entity.body },
                });
            }
        }
    }
    if !deleted.is_empty() {
        matches.errors.extend(foreign_loss_errors(input, live, &deleted));
    }
    drafts
}

/// What belongs to others and would be deleted, or left pointing at nothing where the server does not allow that.
fn foreign_loss_errors(
    input: &PlanInput<'_>,
    live: &LiveIndex<'_>,
    deleted: &FxHashSet<(KindId, Uuid)>,
) -> Vec<PlanError> {
    let unmanaged = live
        .entities
        .iter()
        .filter(|entity| entity.ownership != Ownership::Managed);
    let errors = unmanaged.flat_map(|entity| {
        let links = foreign_key_ids(input.catalog.kind(entity.kind), entity.body);
        let broken = links
            .filter(|(foreign, id)| foreign.on_delete != OnDelete::Dangle && deleted.contains(&(foreign.kind, *id)));
        broken.map(move |(foreign, id)| foreign_loss_error(input, live, entity, foreign, id))
    });
    errors.collect()
}

fn foreign_loss_error(
    input: &PlanInput<'_>,
    live: &LiveIndex<'_>,
    entity: &LiveRef<'_>,
    foreign: &ForeignField,
    id: Uuid,
) -> PlanError {
    let name = |kind, id: Uuid| match live.get(kind, id) {
        Some(entity) => input.entity_name(kind, (id, entity.body)),
        None => id.to_string(),
    };
    let target = format!("{} {}", input.catalog.kind(foreign.kind).name, name(foreign.kind, id));
    let referrer = format!(
        "{} {} ({})",
        input.catalog.kind(entity.kind).name,
        name(entity.kind, entity.id),
        entity.id
    );
    let consequence = match foreign.on_delete {
        OnDelete::Cascade => format!("{referrer} would be deleted with it"),
        OnDelete::Restrict | OnDelete::Dangle => format!("{referrer} refers to it"),
    };
    let message = format!(
        "{target} cannot be deleted: {consequence}, and is {} ({})",
        ownership_reason(entity),
        entity.format_tags()
    );
    let help = "keep what is to be deleted, or have the owner of the other move it away first";
    PlanError::conflict(Diagnostic::error(DiagnosticCode::Conflict, message).help(help))
}

fn scope_of(input: &PlanInput<'_>, entity: &LiveRef<'_>) -> ScopeId {
    let scopes = &input.desired.scopes;
    let at = scopes
        .iter()
        .position(|scope| scope.includes_tags(entity_tags(entity.body)));
    ScopeId(at.unwrap_or(0) as u32)
}
