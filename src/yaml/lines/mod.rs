//! The events of texts in ordinary block style, line by line and several times as fast as the parser's.
//!
//! It knows the YAML in which state files are mostly written, and nothing else. At the first line that holds anything
//! more, be it right or wrong, it stops before a word of that line is told; the parser then reads on. What it tells are
//! the parser's own events, places included: tests compare the two, event by event.

mod block;
mod flow;
mod line;
mod scalar;
mod told;

use super::events::{Event, Form, Mark};
pub(super) use line::Text;

use line::Line;
use told::{Piece, Told, What};

/// The events of a text, line by line.
pub(super) struct Lines<'t> {
    text: Text<'t>,
    /// The line that is read next.
    ahead: Option<Line>,
    /// The lists and maps that are open, the innermost last.
    open: Vec<Open>,
    /// Where an empty value would stand, if nothing came yet after a `:` or a `-`.
    missing: Option<Mark>,
    told: Told,
    stage: Stage,
    /// Where the text ends, if that is known.
    end: Option<Mark>,
}

/// How far the text is read.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Start,
    Lines,
    End,
    /// Something is out of the ordinary.
    Stopped,
}

/// A list or map whose members begin in that column.
#[derive(Clone, Copy)]
struct Open {
    column: usize,
    sort: Sort,
}

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Map,
    List,
    /// A list that is indented no more than the field whose value it is.
    FlushList,
}

/// Something is out of the ordinary.
pub(super) struct Unusual;

/// Whether what was met is understood.
type Understood = Result<(), Unusual>;

impl<'t> Lines<'t> {
    /// Begins to read a text; none if it holds characters that are better left to the parser.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let text = Text::of(text)?;
        Some(Self {
            ahead: text.line_from(0, 0),
            text,
            open: Vec::new(),
            missing: None,
            told: Told::default(),
            stage: Stage::Start,
            end: None,
        })
    }

    /// Begins to read a text at a line (its place and number): at its beginning, or at a member of a list in that column,
    /// which is the value of a field at the top.
    pub(super) fn within(
        text: Text<'t>,
        (start, number): (usize, u32),
        list: Option<usize>,
        end: Option<Mark>,
    ) -> Self {
        let sort = |column| if column == 0 { Sort::FlushList } else { Sort::List };
        let open = list.map(|column| {
            let (top, sort) = (Sort::Map, sort(column));
            vec![Open { column: 0, sort: top }, Open { column, sort }]
        });
        Self {
            ahead: text.line_from(start, number),
            text,
            stage: if list.is_some() { Stage::Lines } else { Stage::Start },
            open: open.unwrap_or_default(),
            missing: None,
            told: Told::default(),
            end,
        }
    }

    /// Whether there is a next event that is certain.
    pub(super) fn has_next(&mut self) -> bool {
        while self.told.is_empty() {
            self.told.clear();
            let understood = match self.stage {
                Stage::Start => self.start(),
                Stage::Lines => self.line(),
                Stage::End | Stage::Stopped => return false,
            };
            if understood.is_err() {
                self.told.clear();
                self.stage = Stage::Stopped;
            }
        }
        true
    }

    /// Whether all of the text was told.
    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::End
    }

    /// The next event, if [`Self::has_next`] said that there is one.
    pub(super) fn next(&mut self) -> Event<'_> {
        self.told.next(self.text.whole)
    }

    /// The beginning, with or without a `---` on a line of its own, and the first line.
    fn start(&mut self) -> Understood {
        let first = self.ahead.ok_or(Unusual)?;
        let start = self.text.mark(first, first.at);
        self.told.add(What::Other, Mark::default(), Mark::default());
        if self.text.bytes(first) == b"---" && first.column() == 0 {
            let end = self.text.mark(first, first.end);
            self.told.add(What::DocumentStart, start, end);
            self.ahead = self.text.line_after(first);
        } else {
            self.told.add(What::DocumentStart, start, start);
        }
        self.stage = Stage::Lines;
        match self.ahead {
            Some(_) => self.line(),
            // a document that says nothing is left to the parser
            None => Err(Unusual),
        }
    }

    /// Reads a line, or the end of the text.
    fn line(&mut self) -> Understood {
        let Some(line) = self.ahead else {
            self.end();
            return Ok(());
        };
        if self.text.begins_document(line) {
            return Err(Unusual);
        }
        self.ahead = self.text.line_after(line);
        let dash = self.text.is_dash(line, line.at);
        if self.continues(line, dash) {
            self.node(line, line.at, true)?;
        } else {
            self.close(line, dash);
            self.member(line, dash)?;
        }
        self.nothing_deeper_follows()
    }

    /// Whether a line begins the value that is awaited. If not, there is none, and that is told.
    fn continues(&mut self, line: Line, dash: bool) -> bool {
        let Some(inner) = self.open.last().copied() else {
            return true;
        };
        let Some(empty) = self.missing.take() else {
            return false;
        };
        if line.column() > inner.column {
            return true;
        }
        if line.column() == inner.column && inner.sort == Sort::Map && dash {
            let mark = self.text.mark(line, line.at);
            self.told.add(What::ListStart { block: true }, mark, mark.after(1));
            self.open.push(Open {
                column: line.column(),
                sort: Sort::FlushList,
            });
        } else {
            self.told.add_empty(empty);
        }
        false
    }

    /// Closes what a line is not part of.
    fn close(&mut self, line: Line, dash: bool) {
        let column = line.column();
        let is_over =
            |open: &Open| open.column > column || open.column == column && open.sort == Sort::FlushList && !dash;
        while let Some(open) = self.open.pop_if(|open| is_over(open)) {
            self.told.add_end(open.sort != Sort::Map, self.text.mark(line, line.at));
        }
    }

    /// A member of the list or map that is open.
    fn member(&mut self, line: Line, dash: bool) -> Understood {
        match self.open.last() {
            Some(open) if open.column != line.column() => Err(Unusual),
            Some(open) if (open.sort == Sort::Map) == dash => Err(Unusual),
            Some(_) if dash => self.item(line, line.at),
            Some(_) => self.field(line, line.at),
            None => Err(Unusual),
        }
    }

    /// What stands behind a `-`.
    fn item(&mut self, line: Line, dash: usize) -> Understood {
        match self.text.content(line, dash + 1)? {
            Some(at) => self.node(line, at, true),
            None => {
                self.missing = Some(self.text.mark(line, dash + 1));
                Ok(())
            }
        }
    }

    /// A field: its name, and what stands on its line of its value.
    fn field(&mut self, line: Line, at: usize) -> Understood {
        let (name, end) = self.scalar(line, at)?;
        let colon = self.text.colon(line, end).ok_or(Unusual)?;
        self.named(line, name, (at, end), colon)
    }

    fn named(&mut self, line: Line, name: (Piece, Form), place: (usize, usize), colon: usize) -> Understood {
        self.add(name, line, place);
        match self.text.content(line, colon + 1)? {
            Some(at) => self.node(line, at, false),
            None => {
                self.missing = Some(self.text.mark(line, colon + 1));
                Ok(())
            }
        }
    }

    /// A value; `block` says whether a list or map in block style may begin there.
    fn node(&mut self, line: Line, at: usize, block: bool) -> Understood {
        match self.text.byte(at) {
            Some(b'|') => self.literal(line, at),
            Some(b'[' | b'{') => self.flow(line, at),
            _ if self.text.is_dash(line, at) => {
                self.begin(Sort::List, line, at, block)?;
                self.item(line, at)
            }
            _ => {
                let (scalar, end) = self.scalar(line, at)?;
                if let Some(colon) = self.text.colon(line, end) {
                    self.begin(Sort::Map, line, at, block)?;
                    return self.named(line, scalar, (at, end), colon);
                }
                self.add(scalar, line, (at, end));
                self.text.nothing_else(line, end)
            }
        }
    }

    fn begin(&mut self, sort: Sort, line: Line, at: usize, block: bool) -> Understood {
        if !block {
            return Err(Unusual);
        }
        let mark = self.text.mark(line, at);
        let what = match sort {
            Sort::Map => What::MapStart { block },
            Sort::List | Sort::FlushList => What::ListStart { block },
        };
        self.told.add(what, mark, mark);
        let column = at - line.start;
        self.open.push(Open { column, sort });
        Ok(())
    }

    fn add(&mut self, (piece, form): (Piece, Form), line: Line, (start, end): (usize, usize)) {
        let (start, end) = (self.text.mark(line, start), self.text.mark(line, end));
        self.told.add(What::Scalar(piece, form), start, end);
    }

    /// A line that is indented more than where it may belong continues the value above, or is wrong.
    fn nothing_deeper_follows(&self) -> Understood {
        let inner = self.open.last().ok_or(Unusual)?;
        match self.ahead {
            Some(line) if self.missing.is_none() && line.column() > inner.column => Err(Unusual),
            _ => Ok(()),
        }
    }

    fn end(&mut self) {
        let mark = self.end.unwrap_or_else(|| self.text.end());
        if let Some(empty) = self.missing.take() {
            self.told.add_empty(empty);
        }
        while let Some(open) = self.open.pop() {
            self.told.add_end(open.sort != Sort::Map, mark);
        }
        self.told.add(What::Other, mark, mark);
        self.told.add(What::StreamEnd, mark, mark);
        self.stage = Stage::End;
    }
}
