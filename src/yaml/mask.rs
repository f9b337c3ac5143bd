//! Masks templates and variables: the parser sees a token of the same length, which is filled in after parsing.
//!
//! So no value changes the structure, whatever it holds, and positions stay those of the file.

use std::borrow::Cow;

use super::placeholder::{self, Placeholder, PlaceholderKind};
use crate::Span;

/// A text whose placeholders are masked.
pub(super) struct MaskedText<'t> {
    /// What the parser reads.
    pub(super) text: Cow<'t, str>,
    placeholders: Vec<Placeholder>,
    column_shifts: Vec<u32>,
    marker: char,
}

/// A piece of a masked text.
pub(super) enum MaskedPiece<'m> {
    Text(&'m str),
    Placeholder(&'m Placeholder),
}

impl<'t> MaskedText<'t> {
    /// Masks what is to be filled in; none if the text leaves no character to mask it with.
    pub(super) fn new(text: &'t str, substitute: bool) -> Option<Self> {
        let placeholders = placeholder::find_placeholders(text, substitute);
        let marker = match placeholders.iter().any(Placeholder::is_masked) {
            true => find_unused_marker(text)?,
            false => char::REPLACEMENT_CHARACTER,
        };
        Some(Self {
            text: mask_text(text, &placeholders, marker),
            column_shifts: column_shifts(text, &placeholders),
            placeholders,
            marker,
        })
    }

    pub(super) fn has_no_placeholders(&self) -> bool {
        self.placeholders.is_empty()
    }

    /// The placeholders that begin in a range of the text.
    pub(super) fn placeholders_in(&self, start: u32, end: u32) -> &[Placeholder] {
        let rest = &self.placeholders[self
            .placeholders
            .partition_point(|placeholder| placeholder.start < start)..];
        &rest[..rest.partition_point(|placeholder| placeholder.start < end)]
    }

    /// Splits a value of the parser at the tokens in it, which stand for the masked placeholders in their order.
    pub(super) fn split_at_placeholders<'m>(
        &self,
        value: &'m str,
        placeholders: &'m [Placeholder],
    ) -> Vec<MaskedPiece<'m>> {
        let mut pieces = Vec::new();
        let mut rest = value;
        let mut masked = placeholders.iter().filter(|placeholder| placeholder.is_masked());
        while let (Some(at), Some(placeholder)) = (rest.find(self.marker), masked.next()) {
            if at > 0 {
                pieces.push(MaskedPiece::Text(&rest[..at]));
            }
            pieces.push(MaskedPiece::Placeholder(placeholder));
            rest = rest.get(at + placeholder.length()..).unwrap_or_default();
        }
        if !rest.is_empty() {
            pieces.push(MaskedPiece::Text(rest));
        }
        pieces
    }

    /// Corrects a span's column, which masked characters have shifted.
    pub(super) fn restore_column(&self, span: &mut Span) {
        let before = self
            .placeholders
            .partition_point(|placeholder| placeholder.start < span.start);
        if self.placeholders[..before]
            .last()
            .is_some_and(|placeholder| placeholder.line == span.line)
        {
            span.column += self.column_shifts[before - 1];
        }
    }
}

/// By how many columns each placeholder and those before it on its line shift what follows.
fn column_shifts(text: &str, placeholders: &[Placeholder]) -> Vec<u32> {
    let mut shifts: Vec<u32> = Vec::with_capacity(placeholders.len());
    let mut line = 0;
    for placeholder in placeholders {
        let before = if placeholder.line == line {
            shifts.last().copied().unwrap_or(0)
        } else {
            0
        };
        let columns = text[placeholder.start as usize..placeholder.end as usize]
            .chars()
            .count() as u32;
        let shift = if placeholder.is_masked() {
            columns.saturating_sub(placeholder.masked_columns())
        } else {
            0
        };
        shifts.push(before + shift);
        line = placeholder.line;
    }
    shifts
}

fn mask_text<'t>(text: &'t str, placeholders: &[Placeholder], marker: char) -> Cow<'t, str> {
    if !placeholders.iter().any(Placeholder::is_masked) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for placeholder in placeholders.iter().filter(|placeholder| placeholder.is_masked()) {
        masked.push_str(&text[done..placeholder.start as usize]);
        masked.push(marker);
        masked.extend(std::iter::repeat_n(
            'x',
            placeholder.length() - placeholder::MARKER_BYTES,
        ));
        done = placeholder.end as usize;
    }
    masked.push_str(&text[done..]);
    Cow::Owned(masked)
}

/// How many characters there are to choose a marker from: U+E000 to U+E999, those whose code has decimal digits only.
const MARKER_COUNT: usize = 1000;

/// A character of private use that the text does not hold, be it as an escape.
fn find_unused_marker(text: &str) -> Option<char> {
    let mut used = [false; MARKER_COUNT];
    for window in text.as_bytes().windows(4) {
        match window {
            [b'E' | b'e', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
                let number = digits
                    .iter()
                    .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
                used[number] = true;
            }
            // a character from U+E000 on, in UTF-8
            [0xee, second, third, _] => mark_used(&mut used, *second, *third),
            _ => {}
        }
    }
    if let [.., 0xee, second, third] = text.as_bytes() {
        mark_used(&mut used, *second, *third);
    }
    let free = used.iter().position(|used| !used)?;
    u32::from_str_radix(&format!("E{free:03}"), 16)
        .ok()
        .and_then(char::from_u32)
}

fn mark_used(used: &mut [bool; MARKER_COUNT], second: u8, third: u8) {
    let code = format!("{:03X}", u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f));
    if let Some(place) = code.parse::<usize>().ok().and_then(|number| used.get_mut(number)) {
        *place = true;
    }
}

impl Placeholder {
    /// Whether the parser sees a token in its place.
    pub(super) fn is_masked(&self) -> bool {
        !matches!(
            self.kind,
            PlaceholderKind::LiteralVariable(_) | PlaceholderKind::Invalid(_)
        )
    }

    fn length(&self) -> usize {
        (self.end - self.start) as usize
    }

    fn masked_columns(&self) -> u32 {
        (self.end - self.start) - placeholder::MARKER_BYTES as u32 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::find_unused_marker;

    #[test]
    fn a_marker_is_no_character_of_the_text() {
        for (text, free) in [
            ("", '\u{e000}'),
            ("\u{e000}", '\u{e001}'),
            ("\u{e000} \\uE001 \\U0000e002", '\u{e003}'),
            ("\u{e00a}x\u{e000}y", '\u{e001}'),
        ] {
            assert_eq!(find_unused_marker(text), Some(free), "{text:?}");
        }
        let all: String = (0..1000).map(|number| format!("\\ue{number:03}")).collect();
        assert_eq!(find_unused_marker(&all), None);
    }
}
