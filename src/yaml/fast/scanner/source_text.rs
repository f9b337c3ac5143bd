use super::{ScanResult, UnsupportedSyntax};
use crate::events::Mark;

/// A text, and the search in it for lines and what they hold.
pub(crate) struct SourceText<'t> {
    pub(crate) source: &'t str,
    /// Whether every character is one byte.
    pub(crate) is_ascii: bool,
}

/// A line, by offsets in the text.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    /// Counted from 0.
    pub(super) number: u32,
    /// Where it begins.
    pub(super) start: usize,
    /// Where its indentation ends.
    pub(super) content_start: usize,
    /// Where it ends, its line break and white space before that not counted.
    pub(super) content_end: usize,
    /// Where the next one begins: beyond the text, if no line break ends this one.
    pub(super) next_start: usize,
}

impl Line {
    /// By how much it is indented.
    pub(super) fn indentation(self) -> usize {
        self.content_start - self.start
    }
}

impl Mark {
    /// Moves it on by one-byte characters.
    pub(super) fn advanced_by(self, count: u32) -> Self {
        Self {
            byte: self.byte + count,
            line: self.line,
            column: self.column + count,
        }
    }
}

impl<'t> SourceText<'t> {
    /// A text; none if it holds tabs, other line breaks than `\n`, or control characters.
    pub(crate) fn new(source: &'t str) -> Option<Self> {
        let is_ascii = source.is_ascii();
        let fits = source.as_bytes().chunks(CONTROL_CHECK_BLOCK).all(has_no_control_chars)
            && (is_ascii || !source.chars().any(is_unsupported_char));
        (fits && has_supported_end(source)).then_some(Self { source, is_ascii })
    }

    /// The first line from there on that holds more than a comment.
    pub(super) fn next_line_from(&self, start: usize, number: u32) -> Option<Line> {
        let bytes = self.source.as_bytes();
        let (mut start, mut number) = (start, number);
        while start < bytes.len() {
            let line = self.line_at(start, number);
            if line.content_start < line.content_end && bytes[line.content_start] != b'#' {
                return Some(line);
            }
            (start, number) = (line.next_start, number + 1);
        }
        None
    }

    /// The next line that holds more than a comment.
    pub(super) fn line_after(&self, line: Line) -> Option<Line> {
        self.next_line_from(line.next_start, line.number + 1)
    }

    /// The line that begins there, whatever it holds.
    pub(super) fn line_at(&self, start: usize, number: u32) -> Line {
        let bytes = self.source.as_bytes();
        let stop = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let line = &bytes[start..stop];
        let indent = line.iter().position(|byte| *byte != b' ').unwrap_or(line.len());
        let trailing = line[indent..].iter().rev().take_while(|byte| **byte == b' ').count();
        Line {
            number,
            start,
            content_start: start + indent,
            content_end: stop - trailing,
            next_start: stop + 1,
        }
    }

    pub(super) fn line_content(&self, line: Line) -> &'t [u8] {
        &self.source.as_bytes()[line.content_start..line.content_end]
    }

    pub(super) fn byte_at(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    pub(super) fn mark_at(&self, line: Line, at: usize) -> Mark {
        let column = match self.is_ascii {
            true => at - line.start,
            false => self.source[line.start..at].chars().count(),
        };
        Mark {
            byte: at as u32,
            line: line.number,
            column: column as u32,
        }
    }

    /// The end of the text: on a line of its own, as the parser counts.
    pub(super) fn end_mark(&self) -> Mark {
        let bytes = self.source.as_bytes();
        let breaks = memchr::memchr_iter(b'\n', bytes).count();
        Mark {
            byte: bytes.len() as u32,
            line: (breaks + usize::from(bytes.last() != Some(&b'\n'))) as u32,
            column: 0,
        }
    }

    /// Whether a line may begin or end a document, or be a directive.
    pub(super) fn is_document_marker(&self, line: Line) -> bool {
        line.indentation() == 0
            && [&b"---"[..], b"...", b"%"]
                .iter()
                .any(|mark| self.line_content(line).starts_with(mark))
    }

    /// Whether a member of a list begins there.
    pub(super) fn is_list_dash(&self, line: Line, at: usize) -> bool {
        self.byte_at(at) == Some(b'-') && self.is_blank_at(line, at + 1)
    }

    /// The `:` behind the name of a field that ends there, if there is one.
    pub(super) fn find_colon(&self, line: Line, end: usize) -> Option<usize> {
        let at = self.skip_spaces(line, end);
        (self.byte_at(at) == Some(b':') && at < line.content_end && self.is_blank_at(line, at + 1)).then_some(at)
    }

    /// Where something stands on the line from there on; none if nothing but a comment does.
    pub(super) fn find_content(&self, line: Line, from: usize) -> Result<Option<usize>, UnsupportedSyntax> {
        let at = self.skip_spaces(line, from);
        match self.byte_at(at).filter(|_| at < line.content_end) {
            None => Ok(None),
            Some(b'#') if at > from => Ok(None),
            Some(b'#') => Err(UnsupportedSyntax),
            Some(_) => Ok(Some(at)),
        }
    }

    /// Checks that nothing but a comment follows.
    pub(super) fn expect_line_end(&self, line: Line, from: usize) -> ScanResult {
        match self.find_content(line, from)? {
            None => Ok(()),
            Some(_) => Err(UnsupportedSyntax),
        }
    }

    pub(super) fn skip_spaces(&self, line: Line, from: usize) -> usize {
        let rest = &self.source.as_bytes()[from.min(line.content_end)..line.content_end];
        from + rest.iter().take_while(|byte| **byte == b' ').count()
    }

    /// Whether the line ends there, or a space stands there.
    pub(super) fn is_blank_at(&self, line: Line, at: usize) -> bool {
        at >= line.content_end || self.byte_at(at) == Some(b' ')
    }
}

/// How many bytes are scanned without a branch.
const CONTROL_CHECK_BLOCK: usize = 1024;

/// Whether there are no control characters but line breaks. Looks at all bytes, so that the compiler can vectorize it.
fn has_no_control_chars(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| (*byte < b' ' && *byte != b'\n') || *byte == 0x7f;
    !bytes.iter().fold(false, |found, byte| found | is_control(byte))
}

/// Whether the text ends with a line break, or with a line that holds more than a comment.
fn has_supported_end(source: &str) -> bool {
    let last = source.rsplit('\n').next().unwrap_or_default();
    let content = last.trim_start();
    last.is_empty() || !(content.is_empty() || content.starts_with('#'))
}

/// Line breaks besides `\n`, byte order marks, and noncharacters.
fn is_unsupported_char(character: char) -> bool {
    matches!(
        character,
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}
