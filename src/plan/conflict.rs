//! What a run cannot do, in words.

use super::draft::{Sent, Update};
use super::known::{Holder, Standing, is_spectator};
use super::{Problem, Question};
use schema::{Edition, Kind, KindId};
use state::{DeclaredEntity, DeclaredId};
use yaml::Diagnostic;

/// The problem of a kind that the control plane does not have.
pub(super) fn nowhere(question: &Question<'_>, kind: KindId, members: &[DeclaredId]) -> Option<Problem> {
    let declared = members.iter().map(|at| question.desired.entity(*at));
    let mut places = declared
        .filter(|declared| !is_spectator(question, declared))
        .map(|declared| declared.location.span)
        .peekable();
    places.peek()?;
    let message = format!("this control plane has no {}", question.catalog.kind(kind).collection);
    let help = match question.catalog.kind(kind).edition {
        Edition::Community => "switch them on there, or leave them out",
        Edition::Enterprise => "they are Kong Enterprise's: leave them out, or use an Enterprise control plane",
    };
    let diagnostic = places.fold(Diagnostic::error("absent-kind", message).help(help), Diagnostic::at);
    Some(Problem::invalid(diagnostic))
}

/// The problem of a stored hash that is only good with the foreign key that is to change.
pub(super) fn unhashable(kind: &Kind, update: &Update<'_>, declared: &DeclaredEntity) -> Option<Problem> {
    let hashed = kind.hashed_field.as_ref()?;
    let with = hashed.with.as_deref()?;
    let moves = update.fields.iter().any(|field| field.path.top_field() == Some(with));
    if !moves || !matches!(update.sent, Sent::Patch(_)) {
        return None;
    }
    let message = format!(
        "this {} cannot move to another {with}: its {} is known as a hash only",
        kind.name, hashed.field
    );
    let diagnostic = Diagnostic::error("hash-only", message).at(declared.location.span);
    Some(Problem::invalid(
        diagnostic.help(format!("declare the plain {}", hashed.field)),
    ))
}

/// The conflict with an entity that is not to be touched.
pub(super) fn in_the_way(kind: &Kind, holder: &Holder<'_>, why: &str, declared: &DeclaredEntity) -> Problem {
    let message = format!(
        "{} {} is in the way: {why}, and it is {} ({})",
        kind.name,
        holder.id,
        outside(holder),
        holder.shown_tags()
    );
    let remedy = match holder.standing {
        Standing::Owned => "let it be deleted (without --no-delete), or declare this one under another name or id",
        Standing::Spared => "include it in this run, or declare this one under another name or id",
        Standing::Foreign => "declare this one under another name or id, or have the owner of the other give it up",
    };
    Problem::conflict(
        Diagnostic::error("conflict", message)
            .at(declared.location.span)
            .help(remedy),
    )
}

/// Why an entity is not to be touched.
pub(super) fn outside(holder: &Holder<'_>) -> &'static str {
    match holder.standing {
        Standing::Owned => "kept by --no-delete",
        Standing::Spared => "left alone in this run",
        Standing::Foreign => "outside the scope",
    }
}
