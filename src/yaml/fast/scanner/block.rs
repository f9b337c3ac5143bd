use super::event_queue::{QueuedEvent, TextSlice};
use super::source_text::Line;
use super::{FastScanner, Mark, ScalarStyle, ScanResult, UnsupportedSyntax};

impl FastScanner<'_> {
    /// A text of several lines behind `|` or `|-`, indented by spaces.
    pub(super) fn scan_block_literal(&mut self, line: Line, at: usize) -> ScanResult {
        let strips = match &self.text.source.as_bytes()[at..line.content_end] {
            b"|" => false,
            b"|-" => true,
            _ => return Err(UnsupportedSyntax),
        };
        let outer = self.open_collections.last().ok_or(UnsupportedSyntax)?.column;
        let column = match self.block_line(line.next_start, line.number + 1)? {
            Some(first) if first.content_start < first.content_end && first.indentation() > outer => {
                first.indentation()
            }
            _ => return Err(UnsupportedSyntax),
        };
        let scratch = self.queue.scratch_length();
        let (mut last, mut breaks) = (line, 0);
        while let Some(line) = self.block_line(last.next_start, last.number + 1)? {
            match block_line_content(self.text.source, line, column) {
                Some(content) => {
                    self.queue.push_scratch("\n", std::mem::take(&mut breaks));
                    self.queue.push_scratch(content, 1);
                }
                None if line.content_start < line.content_end => break,
                None => {}
            }
            breaks += 1;
            last = line;
        }
        self.queue.push_scratch("\n", usize::from(!strips));
        let slice = TextSlice::Scratch(scratch, self.queue.scratch_length());
        let start = self.text.mark_at(line, at);
        let end = Mark {
            byte: last.next_start as u32,
            line: last.number + 1,
            column: 0,
        };
        self.queue
            .push(QueuedEvent::Scalar(slice, ScalarStyle::Block), start, end);
        self.next_line = self.text.line_after(last);
        Ok(())
    }

    /// The line that begins there, unless the text has ended. One without a line break is left to the parser.
    fn block_line(&self, start: usize, number: u32) -> Result<Option<Line>, UnsupportedSyntax> {
        if start >= self.text.source.len() {
            return Ok(None);
        }
        let line = self.text.line_at(start, number);
        if line.next_start > self.text.source.len() {
            Err(UnsupportedSyntax)
        } else {
            Ok(Some(line))
        }
    }
}

/// What a line of a text holds, white space at its end included; nothing, if it is indented less.
fn block_line_content(source: &str, line: Line, column: usize) -> Option<&str> {
    let from = line.start + column;
    (line.indentation() >= column && from < line.next_start - 1).then(|| &source[from..line.next_start - 1])
}
