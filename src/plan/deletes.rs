use rustc_hash::FxHashSet;
use uuid::Uuid;

use super::conflict::outside;
use super::draft::{Act, Draft};
use super::known::{Holder, Known, Standing, links_in};
use super::settle::Settled;
use super::{Problem, Question, kin, title};
use schema::{ForeignField, KindId, OnDelete};
use state::{ScopeId, entity_tags};
use yaml::Diagnostic;

/// Adds the deletion of every owned entity that no document declares, those that refer to others first, and says
/// which of them would take away or break what belongs to others.
pub(super) fn add_deletes<'a>(question: &Question<'a>, known: &Known<'a>, settled: &mut Settled<'a>) {
    if question.options.no_delete {
        return;
    }
    let mut doomed = FxHashSet::default();
    for kind in kin::in_order(question.catalog).into_iter().rev() {
        for holder in known.of(kind) {
            if holder.standing == Standing::Owned && !settled.claimed.contains(&(kind, holder.id)) {
                doomed.insert((kind, holder.id));
                settled.drafts.push(Draft {
                    kind,
                    id: holder.id,
                    declared: None,
                    scope: scope_of(question, holder),
                    act: Act::Delete { live: holder.body },
                });
            }
        }
    }
    if !doomed.is_empty() {
        settled.problems.extend(losses(question, known, &doomed));
    }
}

/// What belongs to others and would go, or be left pointing at nothing the server allows.
fn losses(question: &Question<'_>, known: &Known<'_>, doomed: &FxHashSet<(KindId, Uuid)>) -> Vec<Problem> {
    let others = known.holders.iter().filter(|holder| holder.standing != Standing::Owned);
    let losses = others.flat_map(|holder| {
        let links = links_in(question.catalog.kind(holder.kind), holder.body);
        let lost = links
            .filter(|(foreign, id)| foreign.on_delete != OnDelete::Dangle && doomed.contains(&(foreign.kind, *id)));
        lost.map(move |(foreign, id)| loss(question, known, holder, foreign, id))
    });
    losses.collect()
}

fn loss(question: &Question<'_>, known: &Known<'_>, holder: &Holder<'_>, foreign: &ForeignField, id: Uuid) -> Problem {
    let name = |kind, id: Uuid| match known.by_id(kind, id) {
        Some(holder) => title::name(question.catalog, kind, (id, holder.body), question.fingerprinter),
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
        outside(holder),
        holder.shown_tags()
    );
    let remedy = "keep what is to be deleted, or have the owner of the other move it away first";
    Problem::conflict(Diagnostic::error("conflict", message).help(remedy))
}

fn scope_of(question: &Question<'_>, holder: &Holder<'_>) -> ScopeId {
    let scopes = &question.desired.scopes;
    let at = scopes
        .iter()
        .position(|scope| scope.includes_tags(entity_tags(holder.body)));
    ScopeId(at.unwrap_or(0) as u32)
}
