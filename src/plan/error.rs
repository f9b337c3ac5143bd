//! What a run cannot do, in words.

use super::draft::{UpdateBody, UpdateDraft};
use super::live_index::{LiveRef, Ownership, is_reference_only};
use super::{PlanError, PlanInput};
use schema::{Edition, Kind, KindId};
use state::{DeclaredEntity, DeclaredId};
use yaml::{Diagnostic, DiagnosticCode};

/// The problem of a kind that the control plane does not have.
pub(super) fn absent_kind_error(question: &PlanInput<'_>, kind: KindId, members: &[DeclaredId]) -> Option<PlanError> {
    let declared = members.iter().map(|at| question.desired.entity(*at));
    let mut places = declared
        .filter(|declared| !is_reference_only(question, declared))
        .map(|declared| declared.location.span)
        .peekable();
    places.peek()?;
    let message = format!("this control plane has no {}", question.catalog.kind(kind).collection);
    let help = match question.catalog.kind(kind).edition {
        Edition::Community => "switch them on there, or leave them out",
        Edition::Enterprise => "they are Kong Enterprise's: leave them out, or use an Enterprise control plane",
    };
    let diagnostic = places.fold(
        Diagnostic::error(DiagnosticCode::AbsentKind, message).help(help),
        Diagnostic::at,
    );
    Some(PlanError::invalid(diagnostic))
}

/// The problem of a stored hash that is only good with the foreign key that is to change.
pub(super) fn hash_only_error(kind: &Kind, update: &UpdateDraft<'_>, declared: &DeclaredEntity) -> Option<PlanError> {
    let hashed = kind.hashed_field.as_ref()?;
    let with = hashed.with.as_deref()?;
    let moves = update.fields.iter().any(|field| field.path.top_field() == Some(with));
    if !moves || !matches!(update.request_body, UpdateBody::Patch(_)) {
        return None;
    }
    let message = format!(
        "this {} cannot move to another {with}: its {} is known as a hash only",
        kind.name, hashed.field
    );
    let diagnostic = Diagnostic::error(DiagnosticCode::HashOnly, message).at(declared.location.span);
    Some(PlanError::invalid(
        diagnostic.help(format!("declare the plain {}", hashed.field)),
    ))
}

/// The conflict with an entity that is not to be touched.
pub(super) fn conflict_error(kind: &Kind, holder: &LiveRef<'_>, why: &str, declared: &DeclaredEntity) -> PlanError {
    let message = format!(
        "{} {} is in the way: {why}, and it is {} ({})",
        kind.name,
        holder.id,
        ownership_reason(holder),
        holder.format_tags()
    );
    let remedy = match holder.ownership {
        Ownership::Managed => "let it be deleted (without --no-delete), or declare this one under another name or id",
        Ownership::Ignored => "include it in this run, or declare this one under another name or id",
        Ownership::Foreign => "declare this one under another name or id, or have the owner of the other give it up",
    };
    PlanError::conflict(
        Diagnostic::error(DiagnosticCode::Conflict, message)
            .at(declared.location.span)
            .help(remedy),
    )
}

/// Why an entity is not to be touched.
pub(super) fn ownership_reason(holder: &LiveRef<'_>) -> &'static str {
    match holder.ownership {
        Ownership::Managed => "kept by --no-delete",
        Ownership::Ignored => "left alone in this run",
        Ownership::Foreign => "outside the scope",
    }
}
