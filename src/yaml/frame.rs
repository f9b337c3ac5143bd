use super::anchors::NodeSize;
use super::map_builder::MapBuilder;
use crate::{MapEntry, Node, NodeData, Span, ValueOrigin};
use json::ObjectKey;

/// A list or map that is being read.
pub(super) struct Frame {
    pub(super) content: FrameContent,
    pub(super) size: NodeSize,
    start: Span,
    anchor: Option<Box<str>>,
    is_block: bool,
}

/// What a frame holds so far.
pub(super) enum FrameContent {
    List(Vec<Node>),
    Map(MapBuilder, KeyState),
}

/// What the next node of a map is.
pub(super) enum KeyState {
    /// A name.
    Expected,
    /// The value of this name.
    Named(ObjectKey, Span),
    /// What a `<<` brings in.
    Merge(Span),
    /// The value of a name that cannot be one, which was reported.
    Invalid,
}

/// Buffers for lists and maps of unknown length, reused: a finished one is moved into a vector of its exact size.
#[derive(Default)]
pub(super) struct BufferPool {
    lists: Vec<Vec<Node>>,
    maps: Vec<Vec<MapEntry>>,
}

impl BufferPool {
    pub(super) fn new_list(&mut self) -> FrameContent {
        FrameContent::List(self.lists.pop().unwrap_or_default())
    }

    pub(super) fn new_map(&mut self) -> FrameContent {
        FrameContent::Map(
            MapBuilder::with_buffer(self.maps.pop().unwrap_or_default()),
            KeyState::Expected,
        )
    }

    fn build_data(&mut self, content: FrameContent) -> NodeData {
        match content {
            FrameContent::List(mut members) => {
                let list = shrink_into(&mut members);
                self.lists.push(members);
                NodeData::List(list)
            }
            FrameContent::Map(map, _) => {
                let mut entries = map.into_entries();
                let map = shrink_into(&mut entries);
                self.maps.push(entries);
                NodeData::Map(map)
            }
        }
    }
}

fn shrink_into<T>(members: &mut Vec<T>) -> Vec<T> {
    let mut fitting = Vec::with_capacity(members.len());
    fitting.append(members);
    fitting
}

impl Frame {
    pub(super) fn new(content: FrameContent, start: Span, anchor: Option<&str>, is_block: bool) -> Self {
        Self {
            content,
            size: NodeSize {
                nodes: 1,
                ..NodeSize::default()
            },
            start,
            anchor: anchor.map(Into::into),
            is_block,
        }
    }

    /// The complete node, its anchor and its size. A block ends where its last member does.
    pub(super) fn into_node(self, end: Span, buffers: &mut BufferPool) -> (Node, Option<String>, NodeSize) {
        let data = buffers.build_data(self.content);
        let last = match &data {
            NodeData::List(members) => members.last().map(|member| member.span),
            NodeData::Map(entries) => entries.last().map(|entry| entry.value.span),
            _ => None,
        };
        let end = match (self.is_block, last) {
            // an alias' span lies elsewhere
            (true, Some(last)) if last.end > self.start.start && last.end <= end.end => last.end,
            _ => end.end,
        };
        let span = Span { end, ..self.start };
        let origin = ValueOrigin::File;
        (Node { span, data, origin }, self.anchor.map(Into::into), self.size)
    }
}
