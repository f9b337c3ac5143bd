//! Anchors, and limits on how much their aliases may expand to.

use std::collections::BTreeMap;

use crate::{Node, suggest_similar};

/// How large a node is, what it holds included.
#[derive(Clone, Copy, Default)]
pub(super) struct NodeSize {
    pub(super) nodes: u64,
    pub(super) bytes: u64,
    pub(super) depth: u32,
}

/// The anchors of a document, and how much their aliases expanded to.
#[derive(Default)]
pub(super) struct Anchors {
    by_name: BTreeMap<String, AnchorState>,
    /// Nodes composed so far, those that aliases brought included.
    composed_nodes: u64,
    /// Nodes that aliases brought.
    aliased_nodes: u64,
    /// Bytes of text that aliases brought.
    aliased_bytes: u64,
    /// Nodes kept for aliases.
    kept_nodes: u64,
}

enum AnchorState {
    /// Its node is not complete: an alias within would hold itself.
    Open,
    Complete(Box<Node>, NodeSize),
}

/// Why an alias cannot be resolved.
pub(super) enum AliasError {
    Unknown {
        suggestion: Option<String>,
    },
    /// It stands within its own anchor: a cycle.
    Itself,
    /// The aliases expand to too much.
    Excessive,
}

/// Bytes that aliases may bring: a large certificate may be repeated some thousand times.
const MAX_ALIASED_BYTES: u64 = 64 << 20;

/// From how many nodes on the share of aliases is looked at, and up to how many it may be nearly all: go-yaml's figures.
const ALIAS_CHECK_MIN_ALIASED: u64 = 100;
const ALIAS_CHECK_MIN_NODES: u64 = 1000;
const SMALL_DOCUMENT: u64 = 400_000;
const LARGE_DOCUMENT: u64 = 4_000_000;

/// Anchors within anchors keep copies of copies: so many times the nodes of the document, and no more.
const MAX_COPIES: u64 = 8;

impl Anchors {
    /// Counts a node of the text.
    pub(super) fn count(&mut self) {
        self.composed_nodes += 1;
    }

    /// Begins a node with an anchor.
    pub(super) fn open(&mut self, name: &str) {
        self.by_name.insert(name.to_owned(), AnchorState::Open);
    }

    /// Completes a node with an anchor.
    pub(super) fn close(&mut self, name: String, node: &Node, size: NodeSize) -> Result<(), AliasError> {
        self.kept_nodes += size.nodes;
        if self.kept_nodes > ALIAS_CHECK_MIN_NODES + MAX_COPIES * self.composed_nodes {
            return Err(AliasError::Excessive);
        }
        self.by_name
            .insert(name, AnchorState::Complete(Box::new(node.clone()), size));
        Ok(())
    }

    /// The node that an alias stands for.
    pub(super) fn resolve_alias(&mut self, name: &str) -> Result<(Node, NodeSize), AliasError> {
        let (node, size) = match self.by_name.get(name) {
            Some(AnchorState::Complete(node, size)) => (node, *size),
            Some(AnchorState::Open) => return Err(AliasError::Itself),
            None => return Err(self.unknown_alias(name)),
        };
        self.composed_nodes += size.nodes + 1;
        self.aliased_nodes += size.nodes;
        self.aliased_bytes += size.bytes;
        if self.aliased_bytes > MAX_ALIASED_BYTES || is_excessive(self.aliased_nodes, self.composed_nodes) {
            return Err(AliasError::Excessive);
        }
        Ok((node.as_ref().clone(), size))
    }

    fn unknown_alias(&self, name: &str) -> AliasError {
        let known = self.by_name.keys().map(String::as_str);
        AliasError::Unknown {
            suggestion: suggest_similar(name, known).map(str::to_owned),
        }
    }
}

/// Nearly all of a small document may come from aliases, a tenth of a large one.
fn is_excessive(aliased: u64, composed: u64) -> bool {
    let beyond = composed.clamp(SMALL_DOCUMENT, LARGE_DOCUMENT) - SMALL_DOCUMENT;
    let allowed = 0.99 - 0.89 * (beyond as f64 / (LARGE_DOCUMENT - SMALL_DOCUMENT) as f64);
    aliased > ALIAS_CHECK_MIN_ALIASED && composed > ALIAS_CHECK_MIN_NODES && aliased as f64 / composed as f64 > allowed
}

impl NodeSize {
    /// Adds what a member holds.
    pub(super) fn add(&mut self, inner: Self) {
        self.nodes += inner.nodes;
        self.bytes += inner.bytes;
        self.depth = self.depth.max(inner.depth + 1);
    }
}
