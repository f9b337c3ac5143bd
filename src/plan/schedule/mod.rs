//! The topological order of the steps, and how cycles through a unique value are broken.

mod graph;
mod handovers;
mod temporary_name;
mod topological_sort;

use std::collections::HashSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use uuid::Uuid;

use crate::draft::{ChangeDraft, DraftAction, UpdateBody};
use crate::live_index::{LiveIndex, foreign_key_ids};
use crate::{PlanError, PlanInput};
use graph::{CycleBreaks, EdgeReason, StepGraph, build_graph};
use handovers::{NameHandover, find_handovers};
use schema::KindId;
use yaml::{Diagnostic, DiagnosticCode};

pub(crate) use graph::{StepRole, referenced_vaults, vault_prefix};
pub(crate) use topological_sort::Schedule;

/// Orders the steps of the drafts, and breaks the cycles that can be broken.
pub(crate) fn schedule_drafts<'a>(
    input: &PlanInput<'a>,
    live: &LiveIndex<'a>,
    drafts: &[ChangeDraft<'a>],
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Schedule, Vec<PlanError>> {
    let (handovers, errors) = find_handovers(input, live, drafts);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut breaker = CycleBreaker {
        input,
        live,
        drafts,
        handovers,
        cycle_breaks: CycleBreaks::default(),
    };
    breaker.release_deleted_values(new_id);
    breaker.replace_moved_children();
    loop {
        let graph = build_graph(input.catalog, drafts, &breaker.handovers, &breaker.cycle_breaks);
        let cycles: Vec<_> = tarjan_scc(&graph)
            .into_iter()
            .filter(|members| members.len() > 1)
            .collect();
        if cycles.is_empty() {
            return Ok(topological_sort::topological_sort(&graph, breaker.cycle_breaks));
        }
        let broken: Vec<bool> = cycles
            .iter()
            .map(|cycle| breaker.break_cycle(&graph, cycle, new_id))
            .collect();
        if broken.contains(&false) {
            let unbroken = cycles.iter().zip(broken).filter(|(_, is_broken)| !is_broken);
            return Err(unbroken.map(|(cycle, _)| breaker.cycle_error(&graph, cycle)).collect());
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
    fn release_deleted_values(&mut self, new_id: &mut dyn FnMut() -> Uuid) {
        for at in 0..self.handovers.len() {
            let holder = self.handovers[at].holder;
            if matches!(self.drafts[holder].action, DraftAction::Delete { .. }) && !self.rename_temporarily(at, new_id)
            {
                self.delete_early(holder);
            }
        }
    }

    /// An entity that lives on the path of another cannot move to a third.
    fn replace_moved_children(&mut self) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let DraftAction::Update { fields, .. } = &draft.action else {
                continue;
            };
            let parent = self.input.catalog.kind(draft.kind).parent.as_ref();
            if parent.is_some_and(|parent| {
                fields
                    .iter()
                    .any(|field| field.path.top_field() == Some(parent.as_str()))
            }) {
                self.cycle_breaks.replaced_updates.insert(at);
            }
        }
    }

    /// Breaks a cycle at one of the unique values through which it passes: by a temporary value if that can be, else by
    /// replacement.
    fn break_cycle(&mut self, graph: &StepGraph, cycle: &[NodeIndex], new_id: &mut dyn FnMut() -> Uuid) -> bool {
        let members: HashSet<NodeIndex> = cycle.iter().copied().collect();
        let mut handovers: Vec<usize> = cycle
            .iter()
            .flat_map(|member| graph.edges(*member))
            .filter(|edge| members.contains(&edge.target()))
            .filter_map(|edge| match edge.weight() {
                EdgeReason::Handover(at) => Some(*at),
                EdgeReason::Dependency => None,
            })
            .collect();
        handovers.sort_unstable();
        handovers.iter().any(|at| self.rename_temporarily(*at, new_id))
            || handovers.iter().any(|at| self.try_replace(self.handovers[*at].holder))
    }

    fn rename_temporarily(&mut self, at: usize, new_id: &mut dyn FnMut() -> Uuid) -> bool {
        let NameHandover { holder, fields, .. } = &self.handovers[at];
        let temporary = self
            .cycle_breaks
            .temporary_values
            .get(holder)
            .cloned()
            .unwrap_or_default();
        if fields.iter().any(|field| temporary.contains_key(field)) {
            return true;
        }
        let found = temporary_name::find_temporary_value(self.input, &self.drafts[*holder], fields, &temporary, new_id);
        let is_possible = found.is_some();
        if let Some((field, value)) = found {
            self.cycle_breaks
                .temporary_values
                .entry(*holder)
                .or_default()
                .insert(field, value);
        }
        is_possible
    }

    /// Deletes an entity before all else is done, and before it whatever would be deleted with it or forbids it.
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
        let is_whole = matches!(
            draft.action,
            DraftAction::Update {
                request_body: UpdateBody::Put(_),
                ..
            }
        );
        is_whole && !self.is_referenced(draft.kind, draft.id) && self.cycle_breaks.replaced_updates.insert(holder)
    }

    fn is_referenced(&self, kind: KindId, id: Uuid) -> bool {
        let live = self.live.entities.iter().map(|entity| (entity.kind, entity.body));
        let desired = self
            .drafts
            .iter()
            .filter_map(|draft| Some((draft.kind, draft.desired()?)));
        live.chain(desired).any(|(referrer, body)| {
            let mut links = foreign_key_ids(self.input.catalog.kind(referrer), body);
            links.any(|(foreign, target)| (foreign.kind, target) == (kind, id))
        })
    }

    fn cycle_error(&self, graph: &StepGraph, cycle: &[NodeIndex]) -> PlanError {
        let mut members: Vec<usize> = cycle.iter().map(|member| graph[*member].draft).collect();
        members.sort_unstable();
        members.dedup();
        let name = |at: &usize| {
            let draft = &self.drafts[*at];
            let kind_name = &self.input.catalog.kind(draft.kind).name;
            let body = draft.desired().or(draft.live());
            let name = body.map(|body| self.input.entity_name(draft.kind, (draft.id, body)));
            format!("{kind_name} {}", name.unwrap_or_else(|| draft.id.to_string()))
        };
        let names = members.iter().map(name).collect::<Vec<_>>().join(", ");
        let message = format!("no order is possible, since these wait for each other: {names}");
        let declared = members.iter().filter_map(|at| self.drafts[*at].declared);
        let spans = declared.map(|at| self.input.desired.entity(at).location.span);
        let diagnostic = spans.fold(Diagnostic::error(DiagnosticCode::Circle, message), Diagnostic::at);
        PlanError::invalid(diagnostic.help("do it in two runs"))
    }
}
