use crate::events::{self, Event, Form, Mark, Scalar};

/// The events of a line that were not asked for yet.
#[derive(Default)]
pub(super) struct Told {
    events: Vec<(What, Mark, Mark)>,
    next: usize,
    /// Texts that do not stand in the source as they are.
    scratch: String,
}

/// What was met.
#[derive(Clone, Copy)]
pub(super) enum What {
    Scalar(Piece, Form),
    ListStart { block: bool },
    ListEnd,
    MapStart { block: bool },
    MapEnd,
    DocumentStart,
    StreamEnd,
    Other,
}

/// Where a text stands: from one place to another.
#[derive(Clone, Copy)]
pub(super) enum Piece {
    Source(usize, usize),
    Scratch(usize, usize),
}

impl Told {
    pub fn is_empty(&self) -> bool {
        self.next == self.events.len()
    }

    pub fn clear(&mut self) {
        self.events.clear();
        self.scratch.clear();
        self.next = 0;
    }

    pub fn add(&mut self, what: What, start: Mark, end: Mark) {
        self.events.push((what, start, end));
    }

    /// A value that is not there.
    pub fn add_empty(&mut self, at: Mark) {
        self.add(What::Scalar(Piece::Source(0, 0), Form::Plain), at, at);
    }

    pub fn add_end(&mut self, of_list: bool, at: Mark) {
        self.add(if of_list { What::ListEnd } else { What::MapEnd }, at, at);
    }

    /// Where the next text of its own begins.
    pub fn scratch(&self) -> usize {
        self.scratch.len()
    }

    pub fn extend(&mut self, text: &str, times: usize) {
        for _ in 0..times {
            self.scratch.push_str(text);
        }
    }

    /// The next event, if there is one.
    pub fn next<'e>(&'e mut self, source: &'e str) -> Event<'e> {
        let (what, start, end) = self.events[self.next];
        self.next += 1;
        let anchor = None;
        let what = match what {
            What::Scalar(piece, form) => events::What::Scalar(self.scalar(source, piece, form)),
            What::ListStart { block } => events::What::SequenceStart { anchor, block },
            What::ListEnd => events::What::SequenceEnd,
            What::MapStart { block } => events::What::MappingStart { anchor, block },
            What::MapEnd => events::What::MappingEnd,
            What::DocumentStart => events::What::DocumentStart,
            What::StreamEnd => events::What::StreamEnd,
            What::Other => events::What::Other,
        };
        Event { what, start, end }
    }

    fn scalar<'e>(&'e self, source: &'e str, piece: Piece, form: Form) -> Scalar<'e> {
        Scalar {
            value: match piece {
                Piece::Source(from, to) => &source[from..to],
                Piece::Scratch(from, to) => &self.scratch[from..to],
            },
            anchor: None,
            tag: None,
            implicit: form == Form::Plain,
            form,
        }
    }
}
