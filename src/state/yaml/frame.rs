//! A list or map that is being read.

use super::anchors::Weight;
use super::map::MapBuilder;
use crate::state::{Data, Node, Origin, Span};

/// A list or map that is being read.
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) weight: Weight,
    start: Span,
    anchor: Option<Box<str>>,
    block: bool,
}

/// Which of the two, and what it holds so far.
pub(super) enum Kind {
    List(Vec<Node>),
    Map(MapBuilder, Key),
}

/// What the next node of a map is.
pub(super) enum Key {
    /// A name.
    Awaited,
    /// The value of this name.
    Named(String, Span),
    /// What a `<<` brings in.
    Merge(Span),
    /// The value of a name that cannot be one: told already.
    Dropped,
}

impl Kind {
    pub(super) fn map() -> Self {
        Self::Map(MapBuilder::default(), Key::Awaited)
    }
}

impl Frame {
    pub(super) fn new(kind: Kind, start: Span, anchor: Option<&str>, block: bool) -> Self {
        Self {
            kind,
            weight: Weight {
                nodes: 1,
                ..Weight::default()
            },
            start,
            anchor: anchor.map(Into::into),
            block,
        }
    }

    /// The complete node, its anchor and its weight. A block ends where its last member does.
    pub(super) fn finish(self, end: Span) -> (Node, Option<String>, Weight) {
        let (data, last) = match self.kind {
            Kind::List(members) => {
                let last = members.last().map(|member| member.span);
                (Data::List(members), last)
            }
            Kind::Map(map, _) => {
                let entries = map.finish();
                let last = entries.last().map(|entry| entry.value.span);
                (Data::Map(entries), last)
            }
        };
        let end = match (self.block, last) {
            // an alias' span lies elsewhere
            (true, Some(last)) if last.end > self.start.start && last.end <= end.end => last.end,
            _ => end.end,
        };
        let span = Span { end, ..self.start };
        let origin = Origin::File;
        (Node { span, data, origin }, self.anchor.map(Into::into), self.weight)
    }
}
