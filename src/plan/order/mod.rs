//! Which step waits for which, and how circles through a unique value are broken.

mod graph;
mod park;
mod sort;
mod takes;

use std::collections::HashSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use uuid::Uuid;

use super::draft::{Act, Draft, Sent};
use super::known::{Known, links_in};
use super::{Problem, Question};
use graph::{Decisions, Graph, Why, build};
use schema::KindId;
use takes::{Take, takes};
use yaml::Diagnostic;

pub(super) use graph::{Work, prefix, vaults_named};
pub(super) use sort::Ordered;

/// Puts the drafts in order.
pub(super) fn order<'a>(
    question: &Question<'a>,
    known: &Known<'a>,
    drafts: &[Draft<'a>],
    ids: &mut dyn FnMut() -> Uuid,
) -> Result<Ordered, Vec<Problem>> {
    let (takes, problems) = takes(question, known, drafts);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut deciding = Deciding {
        question,
        known,
        drafts,
        takes,
        decisions: Decisions::default(),
    };
    deciding.release_what_goes(ids);
    deciding.replace_what_cannot_move();
    loop {
        let graph = build(question.catalog, drafts, &deciding.takes, &deciding.decisions);
        let circles: Vec<_> = tarjan_scc(&graph)
            .into_iter()
            .filter(|members| members.len() > 1)
            .collect();
        if circles.is_empty() {
            return Ok(sort::sorted(&graph, deciding.decisions));
        }
        let broken: Vec<bool> = circles
            .iter()
            .map(|circle| deciding.break_circle(&graph, circle, ids))
            .collect();
        if broken.contains(&false) {
            let stuck = circles.iter().zip(broken).filter(|(_, broken)| !broken);
            return Err(stuck.map(|(circle, _)| deciding.impossible(&graph, circle)).collect());
        }
    }
}

struct Deciding<'a, 'd> {
    question: &'d Question<'a>,
    known: &'d Known<'a>,
    drafts: &'d [Draft<'a>],
    takes: Vec<Take>,
    decisions: Decisions,
}

impl Deciding<'_, '_> {
    /// What is deleted goes after everything else: whoever takes its unique value needs that released before.
    fn release_what_goes(&mut self, ids: &mut dyn FnMut() -> Uuid) {
        for at in 0..self.takes.len() {
            let holder = self.takes[at].holder;
            if matches!(self.drafts[holder].act, Act::Delete { .. }) && !self.park(at, ids) {
                self.delete_early(holder);
            }
        }
    }

    /// An entity that lives on the path of another cannot move to a third.
    fn replace_what_cannot_move(&mut self) {
        for (at, draft) in self.drafts.iter().enumerate() {
            let Act::Update(update) = &draft.act else { continue };
            let parent = self.question.catalog.kind(draft.kind).parent.as_ref();
            if parent.is_some_and(|parent| {
                update
                    .fields
                    .iter()
                    .any(|field| field.path.top_field() == Some(parent.as_str()))
            }) {
                self.decisions.replaced.insert(at);
            }
        }
    }

    /// Breaks a circle at one of the unique values through which it passes, by parking if that can be, else by replacement.
    fn break_circle(&mut self, graph: &Graph, circle: &[NodeIndex], ids: &mut dyn FnMut() -> Uuid) -> bool {
        let members: HashSet<NodeIndex> = circle.iter().copied().collect();
        let mut through: Vec<usize> = circle
            .iter()
            .flat_map(|member| graph.edges(*member))
            .filter(|edge| members.contains(&edge.target()))
            .filter_map(|edge| match edge.weight() {
                Why::Takes(at) => Some(*at),
                Why::Needs => None,
            })
            .collect();
        through.sort_unstable();
        through.iter().any(|at| self.park(*at, ids)) || through.iter().any(|at| self.replace(self.takes[*at].holder))
    }

    fn park(&mut self, at: usize, ids: &mut dyn FnMut() -> Uuid) -> bool {
        let Take { holder, set, .. } = &self.takes[at];
        let parked = self.decisions.parked.get(holder).cloned().unwrap_or_default();
        if set.iter().any(|field| parked.contains_key(field)) {
            return true;
        }
        let found = park::parked(self.question, &self.drafts[*holder], set, &parked, ids);
        let parks = found.is_some();
        if let Some((field, value)) = found {
            self.decisions.parked.entry(*holder).or_default().insert(field, value);
        }
        parks
    }

    /// Deletes an entity before all else is done, and before it whatever would go with it or forbid it.
    fn delete_early(&mut self, holder: usize) {
        if !self.decisions.early.insert(holder) {
            return;
        }
        let draft = &self.drafts[holder];
        for (at, other) in self.drafts.iter().enumerate() {
            let Act::Delete { live } = &other.act else { continue };
            let mut links = links_in(self.question.catalog.kind(other.kind), live);
            if links.any(|(foreign, id)| (foreign.kind, id) == (draft.kind, draft.id)) {
                self.delete_early(at);
            }
        }
    }

    /// Makes an update a deletion and a creation, if nothing refers to the entity.
    fn replace(&mut self, holder: usize) -> bool {
        let draft = &self.drafts[holder];
        let whole = matches!(&draft.act, Act::Update(update) if matches!(update.sent, Sent::Put(_)));
        whole && !self.is_referred_to(draft.kind, draft.id) && self.decisions.replaced.insert(holder)
    }

    fn is_referred_to(&self, kind: KindId, id: Uuid) -> bool {
        let live = self.known.holders.iter().map(|holder| (holder.kind, holder.body));
        let desired = self
            .drafts
            .iter()
            .filter_map(|draft| Some((draft.kind, draft.desired()?)));
        live.chain(desired).any(|(of, body)| {
            let mut links = links_in(self.question.catalog.kind(of), body);
            links.any(|(foreign, to)| (foreign.kind, to) == (kind, id))
        })
    }

    fn impossible(&self, graph: &Graph, circle: &[NodeIndex]) -> Problem {
        let mut members: Vec<usize> = circle.iter().map(|member| graph[*member].draft).collect();
        members.sort_unstable();
        members.dedup();
        let name = |at: &usize| {
            let draft = &self.drafts[*at];
            let word = &self.question.catalog.kind(draft.kind).name;
            let body = draft.desired().or(draft.live());
            let name = body.map(|body| {
                super::title::name(
                    self.question.catalog,
                    draft.kind,
                    (draft.id, body),
                    self.question.fingerprinter,
                )
            });
            format!("{word} {}", name.unwrap_or_else(|| draft.id.to_string()))
        };
        let names = members.iter().map(name).collect::<Vec<_>>().join(", ");
        let message = format!("no order is possible, since these wait for each other: {names}");
        let declared = members.iter().filter_map(|at| self.drafts[*at].declared);
        let places = declared.map(|at| self.question.desired.entity(at).location.span);
        let diagnostic = places.fold(Diagnostic::error("circle", message), Diagnostic::at);
        Problem::invalid(diagnostic.help("do it in two runs"))
    }
}
