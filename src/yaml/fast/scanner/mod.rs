//! The events of texts in ordinary block style, line by line and several times as fast as the parser's.
//!
//! It supports the YAML in which state files are mostly written, and nothing else. At the first line that holds anything
//! more, be it right or wrong, it stops before it gives an event of that line; the parser then reads on. Its events are
//! the parser's own, positions included: tests compare the two, event by event.

mod block;
mod event_queue;
mod flow;
mod scalar;
mod source_text;

use crate::events::{Mark, ScalarStyle, YamlEvent};
pub(crate) use source_text::SourceText;

use event_queue::{EventQueue, QueuedEvent, TextSlice};
use source_text::Line;

/// The events of a text, line by line.
pub(crate) struct FastScanner<'t> {
    text: SourceText<'t>,
    /// The line that is read next.
    next_line: Option<Line>,
    /// The lists and maps that are open, the innermost last.
    open_collections: Vec<OpenCollection>,
    /// Where an empty value would stand, while nothing has followed a `:` or a `-`.
    empty_value: Option<Mark>,
    queue: EventQueue,
    stage: ScanStage,
    /// Where the text ends, if that is given.
    end_mark: Option<Mark>,
}

/// How far the text is read.
#[derive(Clone, Copy, PartialEq)]
enum ScanStage {
    Start,
    Body,
    End,
    /// Something is not supported.
    Stopped,
}

/// A list or map whose members begin in that column.
#[derive(Clone, Copy)]
struct OpenCollection {
    column: usize,
    kind: CollectionKind,
}

#[derive(Clone, Copy, PartialEq)]
enum CollectionKind {
    Map,
    List,
    /// A list that is indented no more than the field whose value it is.
    FlushList,
}

/// Syntax that is left to the parser.
pub(crate) struct UnsupportedSyntax;

type ScanResult = Result<(), UnsupportedSyntax>;

impl<'t> FastScanner<'t> {
    /// Begins to read a text; none if it holds characters that are left to the parser.
    pub(crate) fn new(text: &'t str) -> Option<Self> {
        let text = SourceText::new(text)?;
        Some(Self {
            next_line: text.next_line_from(0, 0),
            text,
            open_collections: Vec::new(),
            empty_value: None,
            queue: EventQueue::default(),
            stage: ScanStage::Start,
            end_mark: None,
        })
    }

    /// Begins to read a text at a line (its offset and number): at its beginning, or at a member of a list in that column,
    /// which is the value of a field at the top.
    pub(crate) fn starting_at(
        text: SourceText<'t>,
        (start, number): (usize, u32),
        list: Option<usize>,
        end_mark: Option<Mark>,
    ) -> Self {
        let open_collections = list.map(|column| {
            let (top, kind) = match column {
                0 => (CollectionKind::Map, CollectionKind::FlushList),
                _ => (CollectionKind::Map, CollectionKind::List),
            };
            vec![OpenCollection { column: 0, kind: top }, OpenCollection { column, kind }]
        });
        Self {
            next_line: text.next_line_from(start, number),
            text,
            stage: if list.is_some() {
                ScanStage::Body
            } else {
                ScanStage::Start
            },
            open_collections: open_collections.unwrap_or_default(),
            empty_value: None,
            queue: EventQueue::default(),
            end_mark,
        }
    }

    /// Whether there is a next event that is certain.
    pub(crate) fn has_next(&mut self) -> bool {
        while self.queue.is_empty() {
            self.queue.clear();
            let result = match self.stage {
                ScanStage::Start => self.scan_start(),
                ScanStage::Body => self.scan_line(),
                ScanStage::End | ScanStage::Stopped => return false,
            };
            if result.is_err() {
                self.queue.clear();
                self.stage = ScanStage::Stopped;
            }
        }
        true
    }

    /// Whether the whole text was scanned.
    pub(crate) fn is_at_end(&self) -> bool {
        self.stage == ScanStage::End
    }

    /// The next event, if [`Self::has_next`] said that there is one.
    pub(crate) fn next(&mut self) -> YamlEvent<'_> {
        self.queue.next(self.text.source)
    }

    /// The beginning, with or without a `---` on a line of its own, and the first line.
    fn scan_start(&mut self) -> ScanResult {
        let first = self.next_line.ok_or(UnsupportedSyntax)?;
        let start = self.text.mark_at(first, first.content_start);
        self.queue.push(QueuedEvent::Other, Mark::default(), Mark::default());
        if self.text.line_content(first) == b"---" && first.indentation() == 0 {
            let end = self.text.mark_at(first, first.content_end);
            self.queue.push(QueuedEvent::DocumentStart, start, end);
            self.next_line = self.text.line_after(first);
        } else {
            self.queue.push(QueuedEvent::DocumentStart, start, start);
        }
        self.stage = ScanStage::Body;
        match self.next_line {
            Some(_) => self.scan_line(),
            // an empty document is left to the parser
            None => Err(UnsupportedSyntax),
        }
    }

    /// Reads a line, or the end of the text.
    fn scan_line(&mut self) -> ScanResult {
        let Some(line) = self.next_line else {
            self.finish_text();
            return Ok(());
        };
        if self.text.is_document_marker(line) {
            return Err(UnsupportedSyntax);
        }
        self.next_line = self.text.line_after(line);
        let dash = self.text.is_list_dash(line, line.content_start);
        if self.begins_pending_value(line, dash) {
            self.scan_value(line, line.content_start, true)?;
        } else {
            self.close_deeper(line, dash);
            self.scan_member(line, dash)?;
        }
        self.reject_continuation()
    }

    /// Whether a line begins the value that is pending. If not, the value is empty, and its event is queued.
    fn begins_pending_value(&mut self, line: Line, dash: bool) -> bool {
        let Some(innermost) = self.open_collections.last().copied() else {
            return true;
        };
        let Some(empty) = self.empty_value.take() else {
            return false;
        };
        if line.indentation() > innermost.column {
            return true;
        }
        if line.indentation() == innermost.column && innermost.kind == CollectionKind::Map && dash {
            let mark = self.text.mark_at(line, line.content_start);
            self.queue
                .push(QueuedEvent::SequenceStart { block: true }, mark, mark.advanced_by(1));
            self.open_collections.push(OpenCollection {
                column: line.indentation(),
                kind: CollectionKind::FlushList,
            });
        } else {
            self.queue.push_empty_scalar(empty);
        }
        false
    }

    /// Closes what a line is not part of.
    fn close_deeper(&mut self, line: Line, dash: bool) {
        let column = line.indentation();
        let is_over = |open: &OpenCollection| {
            open.column > column || open.column == column && open.kind == CollectionKind::FlushList && !dash
        };
        while let Some(open) = self.open_collections.pop_if(|open| is_over(open)) {
            self.queue.push_end(
                open.kind != CollectionKind::Map,
                self.text.mark_at(line, line.content_start),
            );
        }
    }

    /// A member of the list or map that is open.
    fn scan_member(&mut self, line: Line, dash: bool) -> ScanResult {
        match self.open_collections.last() {
            Some(open) if open.column != line.indentation() => Err(UnsupportedSyntax),
            Some(open) if (open.kind == CollectionKind::Map) == dash => Err(UnsupportedSyntax),
            Some(_) if dash => self.scan_list_item(line, line.content_start),
            Some(_) => self.scan_field(line, line.content_start),
            None => Err(UnsupportedSyntax),
        }
    }

    /// What stands behind a `-`.
    fn scan_list_item(&mut self, line: Line, dash: usize) -> ScanResult {
        match self.text.find_content(line, dash + 1)? {
            Some(at) => self.scan_value(line, at, true),
            None => {
                self.empty_value = Some(self.text.mark_at(line, dash + 1));
                Ok(())
            }
        }
    }

    /// A field: its name, and the part of its value on the same line.
    fn scan_field(&mut self, line: Line, at: usize) -> ScanResult {
        let (name, end) = self.scan_scalar(line, at)?;
        let colon = self.text.find_colon(line, end).ok_or(UnsupportedSyntax)?;
        self.scan_named_field(line, name, (at, end), colon)
    }

    fn scan_named_field(
        &mut self,
        line: Line,
        name: (TextSlice, ScalarStyle),
        range: (usize, usize),
        colon: usize,
    ) -> ScanResult {
        self.push_scalar(name, line, range);
        match self.text.find_content(line, colon + 1)? {
            Some(at) => self.scan_value(line, at, false),
            None => {
                self.empty_value = Some(self.text.mark_at(line, colon + 1));
                Ok(())
            }
        }
    }

    /// A value; `block` says whether a list or map in block style may begin there.
    fn scan_value(&mut self, line: Line, at: usize, block: bool) -> ScanResult {
        match self.text.byte_at(at) {
            Some(b'|') => self.scan_block_literal(line, at),
            Some(b'[' | b'{') => self.scan_flow_collection(line, at),
            _ if self.text.is_list_dash(line, at) => {
                self.open_collection(CollectionKind::List, line, at, block)?;
                self.scan_list_item(line, at)
            }
            _ => {
                let (scalar, end) = self.scan_scalar(line, at)?;
                if let Some(colon) = self.text.find_colon(line, end) {
                    self.open_collection(CollectionKind::Map, line, at, block)?;
                    return self.scan_named_field(line, scalar, (at, end), colon);
                }
                self.push_scalar(scalar, line, (at, end));
                self.text.expect_line_end(line, end)
            }
        }
    }

    fn open_collection(&mut self, kind: CollectionKind, line: Line, at: usize, block: bool) -> ScanResult {
        if !block {
            return Err(UnsupportedSyntax);
        }
        let mark = self.text.mark_at(line, at);
        let event = match kind {
            CollectionKind::Map => QueuedEvent::MappingStart { block },
            CollectionKind::List | CollectionKind::FlushList => QueuedEvent::SequenceStart { block },
        };
        self.queue.push(event, mark, mark);
        let column = at - line.start;
        self.open_collections.push(OpenCollection { column, kind });
        Ok(())
    }

    fn push_scalar(&mut self, (slice, style): (TextSlice, ScalarStyle), line: Line, (start, end): (usize, usize)) {
        let (start, end) = (self.text.mark_at(line, start), self.text.mark_at(line, end));
        self.queue.push(QueuedEvent::Scalar(slice, style), start, end);
    }

    /// A line that is indented more than where it may belong continues the value above, or is wrong.
    fn reject_continuation(&self) -> ScanResult {
        let innermost = self.open_collections.last().ok_or(UnsupportedSyntax)?;
        match self.next_line {
            Some(line) if self.empty_value.is_none() && line.indentation() > innermost.column => Err(UnsupportedSyntax),
            _ => Ok(()),
        }
    }

    fn finish_text(&mut self) {
        let mark = self.end_mark.unwrap_or_else(|| self.text.end_mark());
        if let Some(empty) = self.empty_value.take() {
            self.queue.push_empty_scalar(empty);
        }
        while let Some(open) = self.open_collections.pop() {
            self.queue.push_end(open.kind != CollectionKind::Map, mark);
        }
        self.queue.push(QueuedEvent::Other, mark, mark);
        self.queue.push(QueuedEvent::StreamEnd, mark, mark);
        self.stage = ScanStage::End;
    }
}
