use super::{Understood, Unusual};
use crate::events::Mark;

/// A text, and how its lines are found.
pub(crate) struct Text<'t> {
    pub whole: &'t str,
    /// Whether every character is one byte.
    pub ascii: bool,
}

/// A line that holds something, by places in the text.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    /// Counted from 0.
    pub number: u32,
    /// Where it begins.
    pub start: usize,
    /// Where its indentation ends.
    pub at: usize,
    /// Where it ends, its line break and white space before that not counted.
    pub end: usize,
    /// Where the next one begins: beyond the text, if no line break ends this one.
    pub next: usize,
}

impl Line {
    /// By how much it is indented.
    pub fn column(self) -> usize {
        self.at - self.start
    }
}

impl Mark {
    /// So many one-byte characters on.
    pub(super) fn after(self, count: u32) -> Self {
        Self {
            byte: self.byte + count,
            line: self.line,
            column: self.column + count,
        }
    }
}

impl<'t> Text<'t> {
    /// A text; none if it holds tabs, line breaks of another sort, or characters that are no text.
    pub fn of(whole: &'t str) -> Option<Self> {
        let ascii = whole.is_ascii();
        let fits = whole.as_bytes().chunks(STRETCH).all(is_text) && (ascii || !whole.chars().any(is_odd));
        (fits && ends_well(whole)).then_some(Self { whole, ascii })
    }

    /// The first line from there on that holds more than a comment.
    pub fn line_from(&self, start: usize, number: u32) -> Option<Line> {
        let bytes = self.whole.as_bytes();
        let (mut start, mut number) = (start, number);
        while start < bytes.len() {
            let line = self.line_at(start, number);
            if line.at < line.end && bytes[line.at] != b'#' {
                return Some(line);
            }
            (start, number) = (line.next, number + 1);
        }
        None
    }

    /// The next line that holds more than a comment.
    pub fn line_after(&self, line: Line) -> Option<Line> {
        self.line_from(line.next, line.number + 1)
    }

    /// The line that begins there, whatever it holds.
    pub fn line_at(&self, start: usize, number: u32) -> Line {
        let bytes = self.whole.as_bytes();
        let stop = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let line = &bytes[start..stop];
        let indent = line.iter().position(|byte| *byte != b' ').unwrap_or(line.len());
        let trailing = line[indent..].iter().rev().take_while(|byte| **byte == b' ').count();
        Line {
            number,
            start,
            at: start + indent,
            end: stop - trailing,
            next: stop + 1,
        }
    }

    /// What a line holds.
    pub fn bytes(&self, line: Line) -> &'t [u8] {
        &self.whole.as_bytes()[line.at..line.end]
    }

    pub fn byte(&self, at: usize) -> Option<u8> {
        self.whole.as_bytes().get(at).copied()
    }

    pub fn mark(&self, line: Line, at: usize) -> Mark {
        let column = match self.ascii {
            true => at - line.start,
            false => self.whole[line.start..at].chars().count(),
        };
        Mark {
            byte: at as u32,
            line: line.number,
            column: column as u32,
        }
    }

    /// The end of the text: on a line of its own, as the parser counts.
    pub fn end(&self) -> Mark {
        let bytes = self.whole.as_bytes();
        let breaks = memchr::memchr_iter(b'\n', bytes).count();
        Mark {
            byte: bytes.len() as u32,
            line: (breaks + usize::from(bytes.last() != Some(&b'\n'))) as u32,
            column: 0,
        }
    }

    /// Whether a line may begin or end a document, or be a directive.
    pub fn begins_document(&self, line: Line) -> bool {
        line.column() == 0
            && [&b"---"[..], b"...", b"%"]
                .iter()
                .any(|mark| self.bytes(line).starts_with(mark))
    }

    /// Whether a member of a list begins there.
    pub fn is_dash(&self, line: Line, at: usize) -> bool {
        self.byte(at) == Some(b'-') && self.is_blank(line, at + 1)
    }

    /// The `:` behind the name of a field, if one stands behind that place.
    pub fn colon(&self, line: Line, end: usize) -> Option<usize> {
        let at = self.skip(line, end);
        (self.byte(at) == Some(b':') && at < line.end && self.is_blank(line, at + 1)).then_some(at)
    }

    /// Where something stands on the line from there on; none if nothing but a comment does.
    pub fn content(&self, line: Line, from: usize) -> Result<Option<usize>, Unusual> {
        let at = self.skip(line, from);
        match self.byte(at).filter(|_| at < line.end) {
            None => Ok(None),
            Some(b'#') if at > from => Ok(None),
            Some(b'#') => Err(Unusual),
            Some(_) => Ok(Some(at)),
        }
    }

    /// Makes sure that nothing but a comment follows.
    pub fn nothing_else(&self, line: Line, from: usize) -> Understood {
        match self.content(line, from)? {
            None => Ok(()),
            Some(_) => Err(Unusual),
        }
    }

    pub fn skip(&self, line: Line, from: usize) -> usize {
        let rest = &self.whole.as_bytes()[from.min(line.end)..line.end];
        from + rest.iter().take_while(|byte| **byte == b' ').count()
    }

    /// Whether the line ends there, or a space stands there.
    pub fn is_blank(&self, line: Line, at: usize) -> bool {
        at >= line.end || self.byte(at) == Some(b' ')
    }
}

/// How many bytes are looked at before it is asked whether one of them was odd.
const STRETCH: usize = 1024;

/// Whether there are no control characters but line breaks: all bytes are looked at, several at once.
fn is_text(bytes: &[u8]) -> bool {
    let odd = |byte: &u8| (*byte < b' ' && *byte != b'\n') || *byte == 0x7f;
    !bytes.iter().fold(false, |found, byte| found | odd(byte))
}

/// Whether the text ends with a line break, or with a line that holds more than a comment.
fn ends_well(whole: &str) -> bool {
    let last = whole.rsplit('\n').next().unwrap_or_default();
    let holds = last.trim_start();
    last.is_empty() || !(holds.is_empty() || holds.starts_with('#'))
}

/// Line breaks besides `\n`, marks of byte order, and what is no character.
fn is_odd(character: char) -> bool {
    matches!(
        character,
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}
