use super::line::Line;
use super::told::{Piece, What};
use super::{Form, Lines, Mark, Understood, Unusual};

impl Lines<'_> {
    /// A text of several lines behind `|` or `|-`, indented by spaces.
    pub(super) fn literal(&mut self, line: Line, at: usize) -> Understood {
        let strips = match &self.text.whole.as_bytes()[at..line.end] {
            b"|" => false,
            b"|-" => true,
            _ => return Err(Unusual),
        };
        let outer = self.open.last().ok_or(Unusual)?.column;
        let column = match self.text_line(line.next, line.number + 1)? {
            Some(first) if first.at < first.end && first.column() > outer => first.column(),
            _ => return Err(Unusual),
        };
        let scratch = self.told.scratch();
        let (mut last, mut breaks) = (line, 0);
        while let Some(line) = self.text_line(last.next, last.number + 1)? {
            match indented(self.text.whole, line, column) {
                Some(content) => {
                    self.told.extend("\n", std::mem::take(&mut breaks));
                    self.told.extend(content, 1);
                }
                None if line.at < line.end => break,
                None => {}
            }
            breaks += 1;
            last = line;
        }
        self.told.extend("\n", usize::from(!strips));
        let piece = Piece::Scratch(scratch, self.told.scratch());
        let start = self.text.mark(line, at);
        let end = Mark {
            byte: last.next as u32,
            line: last.number + 1,
            column: 0,
        };
        self.told.add(What::Scalar(piece, Form::Block), start, end);
        self.ahead = self.text.line_after(last);
        Ok(())
    }

    /// The line that begins there, unless the text has ended. One without a line break is left to the parser.
    fn text_line(&self, start: usize, number: u32) -> Result<Option<Line>, Unusual> {
        if start >= self.text.whole.len() {
            return Ok(None);
        }
        let line = self.text.line_at(start, number);
        if line.next > self.text.whole.len() {
            Err(Unusual)
        } else {
            Ok(Some(line))
        }
    }
}

/// What a line of a text holds, white space at its end included; nothing, if it is indented less.
fn indented(whole: &str, line: Line, column: usize) -> Option<&str> {
    let from = line.start + column;
    (line.column() >= column && from < line.next - 1).then(|| &whole[from..line.next - 1])
}
