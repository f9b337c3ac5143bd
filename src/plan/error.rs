use crate::PlanInput;
use crate::draft::{FieldDiff, UpdateBody};
use crate::live_index::{LiveRef, Ownership, is_reference_only};
use schema::{Edition, Kind, KindId};
use state::{DeclaredEntity, DeclaredId};
use yaml::{Diagnostic, DiagnosticCode};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// It decides the exit code.
    pub kind: PlanErrorKind,
    /// What, where, and what to do.
    pub diagnostic: Diagnostic,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanErrorKind {
    /// What the documents say cannot be: a name that no entity has, a cycle (exit code 3).
    Invalid,
    /// An entity outside the scopes is in the way (exit code 5).
    Conflict,
}

impl PlanError {
    /// An error in what the documents say.
    pub fn invalid(diagnostic: Diagnostic) -> Self {
        Self {
            kind: PlanErrorKind::Invalid,
            diagnostic,
        }
    }

    pub(crate) fn conflict(diagnostic: Diagnostic) -> Self {
        Self {
            kind: PlanErrorKind::Conflict,
            diagnostic,
        }
    }
}

/// The error of a kind that the control plane does not have.
pub(crate) fn absent_kind_error(input: &PlanInput<'_>, kind: KindId, members: &[DeclaredId]) -> Option<PlanError> {
    let declared = members.iter().map(|at| input.desired.entity(*at));
    let mut spans = declared
        .filter(|declared| !is_reference_only(input, declared))
        .map(|declared| declared.location.span)
        .peekable();
    spans.peek()?;
    let message = format!("this control plane has no {}", input.catalog.kind(kind).collection);
    let help = match input.catalog.kind(kind).edition {
        Edition::Community => "switch them on there, or leave them out",
        Edition::Enterprise => "they are Kong Enterprise's: leave them out, or use an Enterprise control plane",
    };
    let diagnostic = spans.fold(
        Diagnostic::error(DiagnosticCode::AbsentKind, message).help(help),
        Diagnostic::at,
    );
    Some(PlanError::invalid(diagnostic))
}

/// The error of a stored hash that holds for one value of a foreign key only, which is to change.
pub(crate) fn hash_only_error(
    kind: &Kind,
    body: &UpdateBody,
    fields: &[FieldDiff],
    declared: &DeclaredEntity,
) -> Option<PlanError> {
    let hashed = kind.hashed_field.as_ref()?;
    let with = hashed.with.as_deref()?;
    let is_moved = fields.iter().any(|field| field.path.top_field() == Some(with));
    if !is_moved || !matches!(body, UpdateBody::Patch(_)) {
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
pub(crate) fn conflict_error(kind: &Kind, live: &LiveRef<'_>, reason: &str, declared: &DeclaredEntity) -> PlanError {
    let message = format!(
        "{} {} is in the way: {reason}, and it is {} ({})",
        kind.name,
        live.id,
        ownership_reason(live),
        live.format_tags()
    );
    let help = match live.ownership {
        Ownership::Managed => "let it be deleted (without --no-delete), or declare this one under another name or id",
        Ownership::Ignored => "include it in this run, or declare this one under another name or id",
        Ownership::Foreign => "declare this one under another name or id, or have the owner of the other give it up",
    };
    PlanError::conflict(
        Diagnostic::error(DiagnosticCode::Conflict, message)
            .at(declared.location.span)
            .help(help),
    )
}

/// Why an entity is not to be touched.
pub(crate) fn ownership_reason(live: &LiveRef<'_>) -> &'static str {
    match live.ownership {
        Ownership::Managed => "kept by --no-delete",
        Ownership::Ignored => "left alone in this run",
        Ownership::Foreign => "outside the scope",
    }
}
