use super::line::Line;
use super::told::{Piece, What};
use super::{Form, Lines, Understood, Unusual};

impl Lines<'_> {
    /// An empty list or map, or a list of simple texts, on one line.
    pub(super) fn flow(&mut self, line: Line, at: usize) -> Understood {
        let is_list = self.text.byte(at) == Some(b'[');
        let start = self.text.mark(line, at);
        let what = match is_list {
            true => What::ListStart { block: false },
            false => What::MapStart { block: false },
        };
        self.told.add(what, start, start.after(1));
        let mut here = self.text.skip(line, at + 1);
        let close = if is_list { b']' } else { b'}' };
        if self.text.byte(here) != Some(close) {
            here = self.members(line, here)?;
        }
        if self.text.byte(here) != Some(close) || here >= line.end {
            return Err(Unusual);
        }
        let end = self.text.mark(line, here);
        let what = if is_list { What::ListEnd } else { What::MapEnd };
        self.told.add(what, end, end.after(1));
        self.text.nothing_else(line, here + 1)
    }

    /// The members of a list, up to its `]`.
    fn members(&mut self, line: Line, from: usize) -> Result<usize, Unusual> {
        let mut here = from;
        loop {
            let end = self.simple(line, here)?;
            here = self.text.skip(line, end);
            match self.text.byte(here).filter(|_| here < line.end) {
                Some(b',') => here = self.text.skip(line, here + 1),
                Some(b']') => return Ok(here),
                _ => return Err(Unusual),
            }
        }
    }

    /// A member of letters, digits and the like, or within quotes.
    fn simple(&mut self, line: Line, at: usize) -> Result<usize, Unusual> {
        let (piece, form, end) = match self.text.byte(at).filter(|_| at < line.end) {
            Some(quote @ (b'"' | b'\'')) => {
                let end = self.closing(line, at + 1, quote)?;
                (Piece::Source(at + 1, end), Form::Quoted, end + 1)
            }
            Some(first) if first.is_ascii_alphanumeric() || first == b'/' => {
                let rest = &self.text.whole.as_bytes()[at..line.end];
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
                let end = at + rest.iter().take_while(|byte| plain(byte)).count();
                (Piece::Source(at, end), Form::Plain, end)
            }
            _ => return Err(Unusual),
        };
        self.add((piece, form), line, (at, end));
        Ok(end)
    }
}
