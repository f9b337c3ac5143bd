use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::graph::{Decisions, Graph, Node, Work};
use json::{Object, Value};

/// The steps in an order in which they could run one after another.
pub(in super::super) struct Ordered {
    pub nodes: Vec<Node>,
    /// For each step the places of those it waits for, in order.
    pub waits: Vec<Vec<u32>>,
    decisions: Decisions,
}

impl Ordered {
    /// The fields that a draft parks.
    pub fn parked(&self, draft: usize) -> impl Iterator<Item = (&str, &Value)> {
        self.decisions.parked.get(&draft).into_iter().flat_map(Object::iter)
    }

    /// Whether the draft is done by deleting first, in place of an update or before its successor.
    pub fn replaced(&self, draft: usize) -> bool {
        self.decisions.replaced.contains(&draft)
    }

    /// Whether the draft is a deletion that comes before its successor.
    pub fn early(&self, draft: usize) -> bool {
        self.decisions.early.contains(&draft)
    }
}

/// Sorts a graph without circles: writes first, then deletions, each in the order of the drafts as far as can be.
pub(super) fn sorted(graph: &Graph, decisions: Decisions) -> Ordered {
    let rank = |at: NodeIndex| {
        let node = &graph[at];
        Reverse((node.phase, node.draft, node.work != Work::Park, at.index()))
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
    Ordered {
        nodes,
        waits,
        decisions,
    }
}
