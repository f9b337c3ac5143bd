use super::event_queue::TextSlice;
use super::source_text::Line;
use super::{FastScanner, ScalarStyle, UnsupportedSyntax};

/// The longest name of a field: the parser allows for 1,024 bytes with all that stands between it and its `:`.
const MAX_KEY_BYTES: usize = 1000;

impl FastScanner<'_> {
    /// A text without quotes or within them, all of it on its line, and where it ends.
    pub(super) fn scan_scalar(
        &mut self,
        line: Line,
        at: usize,
    ) -> Result<((TextSlice, ScalarStyle), usize), UnsupportedSyntax> {
        let (slice, style, end) = match self.text.byte_at(at) {
            Some(quote @ (b'"' | b'\'')) => {
                let end = self.find_closing_quote(line, at + 1, quote)?;
                (TextSlice::Source(at + 1, end), ScalarStyle::Quoted, end + 1)
            }
            _ => {
                let end = self.find_plain_end(line, at)?;
                (TextSlice::Source(at, end), ScalarStyle::Plain, end)
            }
        };
        let is_too_long = self.text.find_colon(line, end).is_some() && end - at > MAX_KEY_BYTES;
        if is_too_long {
            Err(UnsupportedSyntax)
        } else {
            Ok(((slice, style), end))
        }
    }

    /// The quote that closes a text in which nothing is escaped.
    pub(super) fn find_closing_quote(&self, line: Line, from: usize, quote: u8) -> Result<usize, UnsupportedSyntax> {
        let rest = &self.text.source.as_bytes()[from..line.content_end];
        let end = from + memchr::memchr2(quote, b'\\', rest).ok_or(UnsupportedSyntax)?;
        let backslash = self.text.byte_at(end) == Some(b'\\');
        let doubled = self.text.byte_at(end + 1) == Some(quote);
        if backslash || doubled {
            Err(UnsupportedSyntax)
        } else {
            Ok(end)
        }
    }

    /// Where a text without quotes ends: before a `:` or a comment, or with its line.
    fn find_plain_end(&self, line: Line, at: usize) -> Result<usize, UnsupportedSyntax> {
        let bytes = &self.text.source.as_bytes()[..line.content_end];
        if !can_begin_plain(&bytes[at..]) {
            return Err(UnsupportedSyntax);
        }
        let mut end = at;
        while let Some(found) = memchr::memchr2(b':', b'#', &bytes[end..]) {
            end += found;
            let ends = match bytes[end] {
                b':' => self.text.is_blank_at(line, end + 1),
                _ => bytes[end - 1] == b' ',
            };
            if ends {
                let spaces = bytes[at..end].iter().rev().take_while(|byte| **byte == b' ').count();
                return Ok(end - spaces);
            }
            end += 1;
        }
        Ok(line.content_end)
    }
}

/// Whether a text without quotes may begin so.
fn can_begin_plain(bytes: &[u8]) -> bool {
    match bytes {
        [b'-', second, ..] => !b" -".contains(second),
        [first, ..] => !b" -?:,[]{}#&*!|>'\"%@`".contains(first),
        [] => false,
    }
}
