use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::graph::{CycleBreaks, StepGraph, StepNode, StepRole};
use json::{Object, Value};

/// The steps in an order in which they could run one after another.
pub(in super::super) struct Schedule {
    pub nodes: Vec<StepNode>,
    /// For each step the places of those it waits for, in order.
    pub dependencies: Vec<Vec<u32>>,
    cycle_breaks: CycleBreaks,
}

impl Schedule {
    /// The fields that a draft parks.
    pub fn temporary_values(&self, draft: usize) -> impl Iterator<Item = (&str, &Value)> {
        self.cycle_breaks
            .temporary_values
            .get(&draft)
            .into_iter()
            .flat_map(Object::iter)
    }

    /// Whether the draft is done by deleting first, in place of an update or before its successor.
    pub fn is_replaced(&self, draft: usize) -> bool {
        self.cycle_breaks.replaced_updates.contains(&draft)
    }

    /// Whether the draft is a deletion that comes before its successor.
    pub fn is_early_delete(&self, draft: usize) -> bool {
        self.cycle_breaks.early_deletes.contains(&draft)
    }
}

/// Sorts a graph without circles: writes first, then deletions, each in the order of the drafts as far as can be.
pub(super) fn topological_sort(graph: &StepGraph, decisions: CycleBreaks) -> Schedule {
    let rank = |at: NodeIndex| {
        let node = &graph[at];
        Reverse((node.phase, node.draft, node.role != StepRole::Rename, at.index()))
    };
    let mut waiting: Vec<usize> = graph
        .node_indices()
        .map(|at| graph.neighbors_directed(at, Direction::Incoming).count())
        .collect();
    let mut ready: BinaryHeap<_> = graph
        .node_indices()
        .filter(|at| waiting[at.index()] == 0)
        .map(rank)
        .collect();
    let mut place = vec![0_u32; graph.node_count()];
    let (mut nodes, mut waits) = (Vec::new(), Vec::new());
    while let Some(Reverse((.., at))) = ready.pop() {
        let at = NodeIndex::new(at);
        place[at.index()] = nodes.len() as u32;
        nodes.push(graph[at]);
        let before: BTreeSet<u32> = graph
            .neighbors_directed(at, Direction::Incoming)
            .map(|before| place[before.index()])
            .collect();
        waits.push(before.into_iter().collect());
        for next in graph.neighbors_directed(at, Direction::Outgoing) {
            waiting[next.index()] -= 1;
            if waiting[next.index()] == 0 {
                ready.push(rank(next));
            }
        }
    }
    Schedule {
        nodes,
        dependencies: waits,
        cycle_breaks: decisions,
    }
}
