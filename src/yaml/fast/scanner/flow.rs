use super::event_queue::{QueuedEvent, TextSlice};
use super::source_text::Line;
use super::{FastScanner, ScalarStyle, ScanResult, UnsupportedSyntax};

impl FastScanner<'_> {
    /// An empty list or map, or a list of simple texts, on one line.
    pub(super) fn scan_flow_collection(&mut self, line: Line, at: usize) -> ScanResult {
        let is_list = self.text.byte_at(at) == Some(b'[');
        let start = self.text.mark_at(line, at);
        let event = match is_list {
            true => QueuedEvent::SequenceStart { block: false },
            false => QueuedEvent::MappingStart { block: false },
        };
        self.queue.push(event, start, start.advanced_by(1));
        let mut position = self.text.skip_spaces(line, at + 1);
        let close = if is_list { b']' } else { b'}' };
        if self.text.byte_at(position) != Some(close) {
            position = self.scan_flow_members(line, position)?;
        }
        if self.text.byte_at(position) != Some(close) || position >= line.content_end {
            return Err(UnsupportedSyntax);
        }
        let end = self.text.mark_at(line, position);
        let event = if is_list {
            QueuedEvent::SequenceEnd
        } else {
            QueuedEvent::MappingEnd
        };
        self.queue.push(event, end, end.advanced_by(1));
        self.text.expect_line_end(line, position + 1)
    }

    /// The members of a list, up to its `]`.
    fn scan_flow_members(&mut self, line: Line, from: usize) -> Result<usize, UnsupportedSyntax> {
        let mut position = from;
        loop {
            let end = self.scan_flow_scalar(line, position)?;
            position = self.text.skip_spaces(line, end);
            match self.text.byte_at(position).filter(|_| position < line.content_end) {
                Some(b',') => position = self.text.skip_spaces(line, position + 1),
                Some(b']') => return Ok(position),
                _ => return Err(UnsupportedSyntax),
            }
        }
    }

    /// A member of letters, digits and the like, or within quotes.
    fn scan_flow_scalar(&mut self, line: Line, at: usize) -> Result<usize, UnsupportedSyntax> {
        let (slice, style, end) = match self.text.byte_at(at).filter(|_| at < line.content_end) {
            Some(quote @ (b'"' | b'\'')) => {
                let end = self.find_closing_quote(line, at + 1, quote)?;
                (TextSlice::Source(at + 1, end), ScalarStyle::Quoted, end + 1)
            }
            Some(first) if first.is_ascii_alphanumeric() || first == b'/' => {
                let rest = &self.text.source.as_bytes()[at..line.content_end];
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
                let end = at + rest.iter().take_while(|byte| plain(byte)).count();
                (TextSlice::Source(at, end), ScalarStyle::Plain, end)
            }
            _ => return Err(UnsupportedSyntax),
        };
        self.push_scalar((slice, style), line, (at, end));
        Ok(end)
    }
}
