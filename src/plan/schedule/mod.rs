//! Which step waits for which, and how circles through a unique value are broken.

mod graph;
mod handovers;
mod temporary_name;
mod topological_sort;

use std::collections::HashSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use uuid::Uuid;

use super::draft::{ChangeDraft, DraftAction, UpdateBody};
use super::live_index::{LiveIndex, foreign_key_ids};
use super::{PlanError, PlanInput};
use graph::{CycleBreaks, EdgeReason, StepGraph, build_graph};
use handovers::{NameHandover, find_handovers};
use schema::KindId;
use yaml::Diagnostic;

pub(super) use graph::{StepRole, referenced_vaults, vault_prefix};
pub(super) use topological_sort::Schedule;

/// Puts the drafts in order.
pub(super) fn schedule_drafts<'a>(
    question: &PlanInput<'a>,
    known: &LiveIndex<'a>,
    drafts: &[ChangeDraft<'a>],
    ids: &mut dyn FnMut() -> Uuid,
) -> Result<Schedule, Vec<PlanError>> {
    let (takes, problems) = find_handovers(question, known, drafts);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut deciding = CycleBreaker {
        input: question,
        live: known,
        drafts,
        handovers: takes,
        cycle_breaks: CycleBreaks::default(),
    };
    deciding.release_deleted_values(ids);
    deciding.replace_moved_children();
    loop {
        let graph = build_graph(question.catalog, drafts, &deciding.handovers, &deciding.cycle_breaks);
        let circles: Vec<_> = tarjan_scc(&graph)
            .into_iter()
            .filter(|members| members.len() > 1)
            .collect();
        if circles.is_empty() {
            return Ok(topological_sort::topological_sort(&graph, deciding.cycle_breaks));
        }
        let broken: Vec<bool> = circles
            .iter()
            .map(|circle| deciding.break_cycle(&graph, circle, ids))
            .collect();
        if broken.contains(&false) {
            let stuck = circles.iter().zip(broken).filter(|(_, broken)| !broken);
            return Err(stuck.map(|(circle, _)| deciding.cycle_error(&graph, circle)).collect());
        }
    }
}

struct CycleBreaker<'a, 'd> {
    input: &'d PlanInput<'a>,
    live: &'d LiveIndex<'a>,
    drafts: &'d [ChangeDraft<'a>],
    handovers: Vec<NameHandover>,
    cycle_breaks: CycleBreaks,
}

impl CycleBreaker<'_, '_> {
    /// What is deleted goes after everything else: whoever takes its unique value needs that released before.
    fn release_deleted_values(&mut self, ids: &mut dyn FnMut() -> Uuid) {
        for at in 0..self.handovers.len() {
            let holder = self.handovers[at].holder;
            if matches!(self.drafts[holder].action, DraftAction::Delete { .. }) && !self.rename_temporarily(at, ids) {
                self.delete_early(holder);
            }
        }
    }

    /// An entity that lives on the path of another cannot move to a third.
    fn replace_moved_children(&mut self) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let DraftAction::Update(update) = &draft.action else {
                continue;
            };
            let parent = self.input.catalog.kind(draft.kind).parent.as_ref();
            if parent.is_some_and(|parent| {
                update
                    .fields
                    .iter()
                    .any(|field| field.path.top_field() == Some(parent.as_str()))
            }) {
                self.cycle_breaks.replaced_updates.insert(at);
            }
        }
    }

    /// Breaks a circle at one of the unique values through which it passes, by parking if that can be, else by replacement.
    fn break_cycle(&mut self, graph: &StepGraph, circle: &[NodeIndex], ids: &mut dyn FnMut() -> Uuid) -> bool {
        let members: HashSet<NodeIndex> = circle.iter().copied().collect();
        let mut through: Vec<usize> = circle
            .iter()
            .flat_map(|member| graph.edges(*member))
            .filter(|edge| members.contains(&edge.target()))
            .filter_map(|edge| match edge.weight() {
                EdgeReason::Handover(at) => Some(*at),
                EdgeReason::Dependency => None,
            })
            .collect();
        through.sort_unstable();
        through.iter().any(|at| self.rename_temporarily(*at, ids))
            || through.iter().any(|at| self.try_replace(self.handovers[*at].holder))
    }

    fn rename_temporarily(&mut self, at: usize, ids: &mut dyn FnMut() -> Uuid) -> bool {
        let NameHandover {
            holder, fields: set, ..
        } = &self.handovers[at];
        let parked = self
            .cycle_breaks
            .temporary_values
            .get(holder)
            .cloned()
            .unwrap_or_default();
        if set.iter().any(|field| parked.contains_key(field)) {
            return true;
        }
        let found = temporary_name::find_temporary_value(self.input, &self.drafts[*holder], set, &parked, ids);
        let parks = found.is_some();
        if let Some((field, value)) = found {
            self.cycle_breaks
                .temporary_values
                .entry(*holder)
                .or_default()
                .insert(field, value);
        }
        parks
    }

    /// Deletes an entity before all else is done, and before it whatever would go with it or forbid it.
    fn delete_early(&mut self, holder: usize) {
        if !self.cycle_breaks.early_deletes.insert(holder) {
            return;
        }
        let draft = &self.drafts[holder];
        for (at, other) in self.drafts.iter().enumerate() {
            let DraftAction::Delete { live } = &other.action else {
                continue;
            };
            let mut links = foreign_key_ids(self.input.catalog.kind(other.kind), live);
            if links.any(|(foreign, id)| (foreign.kind, id) == (draft.kind, draft.id)) {
                self.delete_early(at);
            }
        }
    }

    /// Makes an update a deletion and a creation, if nothing refers to the entity.
    fn try_replace(&mut self, holder: usize) -> bool {
        let draft = &self.drafts[holder];
        let whole =
            matches!(&draft.action, DraftAction::Update(update) if matches!(update.request_body, UpdateBody::Put(_)));
        whole && !self.is_referenced(draft.kind, draft.id) && self.cycle_breaks.replaced_updates.insert(holder)
    }

    fn is_referenced(&self, kind: KindId, id: Uuid) -> bool {
        let live = self.live.entities.iter().map(|holder| (holder.kind, holder.body));
        let desired = self
            .drafts
            .iter()
            .filter_map(|draft| Some((draft.kind, draft.desired()?)));
        live.chain(desired).any(|(of, body)| {
            let mut links = foreign_key_ids(self.input.catalog.kind(of), body);
            links.any(|(foreign, to)| (foreign.kind, to) == (kind, id))
        })
    }

    fn cycle_error(&self, graph: &StepGraph, circle: &[NodeIndex]) -> PlanError {
        let mut members: Vec<usize> = circle.iter().map(|member| graph[*member].draft).collect();
        members.sort_unstable();
        members.dedup();
        let name = |at: &usize| {
            let draft = &self.drafts[*at];
            let word = &self.input.catalog.kind(draft.kind).name;
            let body = draft.desired().or(draft.live());
            let name = body.map(|body| self.input.entity_name(draft.kind, (draft.id, body)));
            format!("{word} {}", name.unwrap_or_else(|| draft.id.to_string()))
        };
        let names = members.iter().map(name).collect::<Vec<_>>().join(", ");
        let message = format!("no order is possible, since these wait for each other: {names}");
        let declared = members.iter().filter_map(|at| self.drafts[*at].declared);
        let places = declared.map(|at| self.input.desired.entity(at).location.span);
        let diagnostic = places.fold(Diagnostic::error("circle", message), Diagnostic::at);
        PlanError::invalid(diagnostic.help("do it in two runs"))
    }
}
