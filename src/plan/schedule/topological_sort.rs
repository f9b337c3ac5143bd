use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::graph::{CycleBreaks, StepGraph, StepNode, StepRole};
use json::{Object, Value};

/// The steps in an order in which they could run one after another.
pub(crate) struct Schedule {
    pub nodes: Vec<StepNode>,
    /// For each step the places of those it waits for, in order.
    pub dependencies: Vec<Vec<u32>>,
    cycle_breaks: CycleBreaks,
}

impl Schedule {
    /// The fields that a draft sets to something else first, with those values.
    pub(crate) fn temporary_values(&self, draft: usize) -> impl Iterator<Item = (&str, &Value)> {
        self.cycle_breaks
            .temporary_values
            .get(&draft)
            .into_iter()
            .flat_map(Object::iter)
    }

    /// Whether the draft is an update done by a deletion and a creation.
    pub fn is_replaced(&self, draft: usize) -> bool {
        self.cycle_breaks.replaced_updates.contains(&draft)
    }

    /// Whether the draft is a deletion that comes before its successor.
    pub(crate) fn is_early_delete(&self, draft: usize) -> bool {
        self.cycle_breaks.early_deletes.contains(&draft)
    }
}

/// Sorts a graph without cycles: writes first, then deletions, each in the order of the drafts as far as can be.
pub(super) fn topological_sort(graph: &StepGraph, cycle_breaks: CycleBreaks) -> Schedule {
    let rank = |at: NodeIndex| {
        let node = &graph[at];
        Reverse((node.phase, node.draft, node.role != StepRole::Rename, at.index()))
    };
    let mut unmet_dependencies: Vec<usize> = graph
        .node_indices()
        .map(|at| graph.neighbors_directed(at, Direction::Incoming).count())
        .collect();
    let mut ready: BinaryHeap<_> = graph
        .node_indices()
        .filter(|at| unmet_dependencies[at.index()] == 0)
        .map(rank)
        .collect();
    let mut place = vec![0_u32; graph.node_count()];
    let (mut nodes, mut dependencies) = (Vec::new(), Vec::new());
    while let Some(Reverse((.., at))) = ready.pop() {
        let at = NodeIndex::new(at);
        place[at.index()] = nodes.len() as u32;
        nodes.push(graph[at]);
        let predecessors: BTreeSet<u32> = graph
            .neighbors_directed(at, Direction::Incoming)
            .map(|predecessor| place[predecessor.index()])
            .collect();
        dependencies.push(predecessors.into_iter().collect());
        for next in graph.neighbors_directed(at, Direction::Outgoing) {
            unmet_dependencies[next.index()] -= 1;
            if unmet_dependencies[next.index()] == 0 {
                ready.push(rank(next));
            }
        }
    }
    Schedule {
        nodes,
        dependencies,
        cycle_breaks,
    }
}
