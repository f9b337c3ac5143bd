use super::line::Line;
use super::told::Piece;
use super::{Form, Lines, Unusual};

/// The longest name of a field: the parser allows for 1,024 bytes with all that stands between it and its `:`.
const LONGEST: usize = 1000;

impl Lines<'_> {
    /// A text without quotes or within them, all of it on its line, and where it ends.
    pub(super) fn scalar(&mut self, line: Line, at: usize) -> Result<((Piece, Form), usize), Unusual> {
        let (piece, form, end) = match self.text.byte(at) {
            Some(quote @ (b'"' | b'\'')) => {
                let end = self.closing(line, at + 1, quote)?;
                (Piece::Source(at + 1, end), Form::Quoted, end + 1)
            }
            _ => {
                let end = self.plain(line, at)?;
                (Piece::Source(at, end), Form::Plain, end)
            }
        };
        let long = self.text.colon(line, end).is_some() && end - at > LONGEST;
        if long { Err(Unusual) } else { Ok(((piece, form), end)) }
    }

    /// The quote that closes a text in which nothing is escaped.
    pub(super) fn closing(&self, line: Line, from: usize, quote: u8) -> Result<usize, Unusual> {
        let rest = &self.text.whole.as_bytes()[from..line.end];
        let end = from + memchr::memchr2(quote, b'\\', rest).ok_or(Unusual)?;
        let backslash = self.text.byte(end) == Some(b'\\');
        let doubled = self.text.byte(end + 1) == Some(quote);
        if backslash || doubled { Err(Unusual) } else { Ok(end) }
    }

    /// Where a text without quotes ends: before a `:` or a comment, or with its line.
    fn plain(&self, line: Line, at: usize) -> Result<usize, Unusual> {
        let bytes = &self.text.whole.as_bytes()[..line.end];
        if !begins_plain(&bytes[at..]) {
            return Err(Unusual);
        }
        let mut end = at;
        while let Some(found) = memchr::memchr2(b':', b'#', &bytes[end..]) {
            end += found;
            let ends = match bytes[end] {
                b':' => self.text.is_blank(line, end + 1),
                _ => bytes[end - 1] == b' ',
            };
            if ends {
                let spaces = bytes[at..end].iter().rev().take_while(|byte| **byte == b' ').count();
                return Ok(end - spaces);
            }
            end += 1;
        }
        Ok(line.end)
    }
}

/// Whether a text without quotes may begin so.
fn begins_plain(bytes: &[u8]) -> bool {
    match bytes {
        [b'-', second, ..] => !b" -".contains(second),
        [first, ..] => !b" -?:,[]{}#&*!|>'\"%@`".contains(first),
        [] => false,
    }
}
