use crate::events::{self, Mark, Scalar, ScalarStyle, YamlEvent};

/// The events of a line that were not taken yet.
#[derive(Default)]
pub(super) struct EventQueue {
    events: Vec<(QueuedEvent, Mark, Mark)>,
    next: usize,
    /// Texts that differ from the source.
    scratch: String,
}

/// An event whose text, if it has one, is given by its position.
#[derive(Clone, Copy)]
pub(super) enum QueuedEvent {
    Scalar(TextSlice, ScalarStyle),
    SequenceStart { block: bool },
    SequenceEnd,
    MappingStart { block: bool },
    MappingEnd,
    DocumentStart,
    StreamEnd,
    Other,
}

/// Where a text stands: from one offset to another.
#[derive(Clone, Copy)]
pub(super) enum TextSlice {
    Source(usize, usize),
    Scratch(usize, usize),
}

impl EventQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.next == self.events.len()
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.scratch.clear();
        self.next = 0;
    }

    pub(super) fn push(&mut self, event: QueuedEvent, start: Mark, end: Mark) {
        self.events.push((event, start, end));
    }

    /// A value that is missing.
    pub(super) fn push_empty_scalar(&mut self, at: Mark) {
        self.push(QueuedEvent::Scalar(TextSlice::Source(0, 0), ScalarStyle::Plain), at, at);
    }

    pub(super) fn push_end(&mut self, of_list: bool, at: Mark) {
        self.push(
            if of_list {
                QueuedEvent::SequenceEnd
            } else {
                QueuedEvent::MappingEnd
            },
            at,
            at,
        );
    }

    /// Where the next text begins.
    pub(super) fn scratch_length(&self) -> usize {
        self.scratch.len()
    }

    pub(super) fn push_scratch(&mut self, text: &str, times: usize) {
        for _ in 0..times {
            self.scratch.push_str(text);
        }
    }

    /// The next event, if there is one.
    pub(super) fn next<'e>(&'e mut self, source: &'e str) -> YamlEvent<'e> {
        let (event, start, end) = self.events[self.next];
        self.next += 1;
        let anchor = None;
        let kind = match event {
            QueuedEvent::Scalar(slice, style) => events::YamlEventKind::Scalar(self.build_scalar(source, slice, style)),
            QueuedEvent::SequenceStart { block } => events::YamlEventKind::SequenceStart { anchor, block },
            QueuedEvent::SequenceEnd => events::YamlEventKind::SequenceEnd,
            QueuedEvent::MappingStart { block } => events::YamlEventKind::MappingStart { anchor, block },
            QueuedEvent::MappingEnd => events::YamlEventKind::MappingEnd,
            QueuedEvent::DocumentStart => events::YamlEventKind::DocumentStart,
            QueuedEvent::StreamEnd => events::YamlEventKind::StreamEnd,
            QueuedEvent::Other => events::YamlEventKind::Other,
        };
        YamlEvent { kind, start, end }
    }

    fn build_scalar<'e>(&'e self, source: &'e str, slice: TextSlice, style: ScalarStyle) -> Scalar<'e> {
        Scalar {
            value: match slice {
                TextSlice::Source(from, to) => &source[from..to],
                TextSlice::Scratch(from, to) => &self.scratch[from..to],
            },
            anchor: None,
            tag: None,
            implicit: style == ScalarStyle::Plain,
            style,
        }
    }
}
