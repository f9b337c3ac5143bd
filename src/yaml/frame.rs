//! A list or map that is being read.

use super::anchors::NodeSize;
use super::map::MapBuilder;
use crate::{Data, Entry, Node, Origin, Span};
use json::Name;

/// A list or map that is being read.
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) weight: NodeSize,
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
    Named(Name, Span),
    /// What a `<<` brings in.
    Merge(Span),
    /// The value of a name that cannot be one: told already.
    Dropped,
}

/// Room in which lists and maps are gathered, one within another, until it is known how much of it they need.
#[derive(Default)]
pub(super) struct Room {
    members: Vec<Vec<Node>>,
    entries: Vec<Vec<Entry>>,
}

impl Room {
    pub(super) fn list(&mut self) -> Kind {
        Kind::List(self.members.pop().unwrap_or_default())
    }

    pub(super) fn map(&mut self) -> Kind {
        Kind::Map(MapBuilder::within(self.entries.pop().unwrap_or_default()), Key::Awaited)
    }

    /// What was gathered, in as much room as it needs.
    fn fit(&mut self, kind: Kind) -> Data {
        match kind {
            Kind::List(mut members) => {
                let list = fitting(&mut members);
                self.members.push(members);
                Data::List(list)
            }
            Kind::Map(map, _) => {
                let mut entries = map.finish();
                let map = fitting(&mut entries);
                self.entries.push(entries);
                Data::Map(map)
            }
        }
    }
}

fn fitting<T>(gathered: &mut Vec<T>) -> Vec<T> {
    let mut fitting = Vec::with_capacity(gathered.len());
    fitting.append(gathered);
    fitting
}

impl Frame {
    pub(super) fn new(kind: Kind, start: Span, anchor: Option<&str>, block: bool) -> Self {
        Self {
            kind,
            weight: NodeSize {
                nodes: 1,
                ..NodeSize::default()
            },
            start,
            anchor: anchor.map(Into::into),
            block,
        }
    }

    /// The complete node, its anchor and its weight. A block ends where its last member does.
    pub(super) fn finish(self, end: Span, room: &mut Room) -> (Node, Option<String>, NodeSize) {
        let data = room.fit(self.kind);
        let last = match &data {
            Data::List(members) => members.last().map(|member| member.span),
            Data::Map(entries) => entries.last().map(|entry| entry.value.span),
            _ => None,
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
