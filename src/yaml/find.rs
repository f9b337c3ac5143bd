//! Where templates and variables stand in a text.

use super::template::{Complaint, Expression, parse};
use super::variable::{self, Mentioned};
use crate::{FileId, Span};

/// How many bytes the character takes that begins a token: no token is shorter.
pub(super) const MARKER_BYTES: usize = 3;

/// A stretch of a line that is not to be taken as it stands.
pub(super) struct Hole {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Counted from 1.
    pub(super) line: u32,
    /// In characters, counted from 1.
    pub(super) column: u32,
    pub(super) kind: HoleKind,
}

/// What stands in a hole.
pub(super) enum HoleKind {
    /// `${{ … }}`.
    Template(Template),
    /// `${NAME}` or `$NAME`, to be filled in.
    Variable(String),
    /// `${NAME}` or `$NAME`, to be left alone.
    Mention(String),
    /// What looks like a template or a variable and cannot be filled in.
    Broken(Complaint),
    /// A character that JSON writes as two escapes, which YAML does not know.
    Character(char),
}

/// A template as it stands in the file.
pub(super) struct Template {
    pub(super) says: Result<Expression, Complaint>,
    /// `${{-`: white space before it goes.
    pub(super) trims_before: bool,
    /// `-}}`: white space after it goes.
    pub(super) trims_after: bool,
}

impl Hole {
    /// Where it is.
    pub(super) fn span(&self, file: FileId) -> Span {
        Span {
            file,
            start: self.start,
            end: self.end,
            line: self.line,
            column: self.column,
        }
    }

    /// Whether white space after it goes.
    pub(super) fn trims_after(&self) -> bool {
        matches!(&self.kind, HoleKind::Template(template) if template.trims_after)
    }
}

/// All of a text, in its order. On lines that begin with `#` there is nothing.
pub(super) fn holes(text: &str, substitute: bool) -> Vec<Hole> {
    let mut holes = Vec::new();
    if text.contains('$') {
        holes_at(text, '$', |rest| at_dollar(rest, substitute), &mut holes);
    }
    if is_json(text) && (text.contains("\\ud") || text.contains("\\uD")) {
        holes_at(text, '\\', at_backslash, &mut holes);
        holes.sort_by_key(|hole| hole.start);
        holes.dedup_by(|next, hole| next.start < hole.end);
    }
    holes
}

/// Asks at every such character what begins there and how long it is; `None` as kind passes over.
fn holes_at(text: &str, sign: char, ask: impl Fn(&str) -> (usize, Option<HoleKind>), holes: &mut Vec<Hole>) {
    let mut line = Line::default();
    let mut at = 0;
    while let Some(found) = text[at..].find(sign) {
        let start = at + found;
        line.advance(text, start);
        let (length, kind) = match text[line.start..start].trim_start().starts_with('#') {
            true => (1, None),
            false => ask(&text[start..]),
        };
        at = start + length;
        if let Some(kind) = kind {
            holes.push(Hole {
                start: start as u32,
                end: at as u32,
                line: line.number + 1,
                column: line.column + 1,
                kind,
            });
        }
    }
}

/// Where a place is, counted from 0.
#[derive(Default)]
struct Line {
    number: u32,
    start: usize,
    at: usize,
    column: u32,
}

impl Line {
    fn advance(&mut self, text: &str, to: usize) {
        let passed = &text[self.at..to];
        if let Some(last) = passed.rfind('\n') {
            self.number += passed.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.start = self.at + last + 1;
            self.column = 0;
        }
        self.column += text[self.at.max(self.start)..to].chars().count() as u32;
        self.at = to;
    }
}

fn at_dollar(rest: &str, substitute: bool) -> (usize, Option<HoleKind>) {
    if rest.starts_with("${{") {
        return at_template(rest);
    }
    match variable::at(rest) {
        Some((length, Mentioned::Name(name))) if substitute => (length, Some(HoleKind::Variable(name))),
        Some((length, Mentioned::Name(name))) => (length, Some(HoleKind::Mention(name))),
        Some((length, Mentioned::WithOperator)) if substitute => (length, Some(HoleKind::Broken(Complaint::ShellForm))),
        Some((length, _)) => (length, None),
        None => (variable::foreign_length(rest), None),
    }
}

fn at_template(rest: &str) -> (usize, Option<HoleKind>) {
    let Some(end) = template_end(rest) else {
        return (3, Some(HoleKind::Broken(Complaint::NotClosed)));
    };
    let inner = &rest[3..end - 2];
    let trims_before = inner.starts_with('-') && inner[1..].starts_with([' ', '\t']);
    let inner = if trims_before { &inner[1..] } else { inner };
    let trims_after = inner.ends_with('-') && inner[..inner.len() - 1].ends_with([' ', '\t']);
    let inner = if trims_after { &inner[..inner.len() - 1] } else { inner };
    let template = Template {
        says: parse(&unescaped(inner)),
        trims_before,
        trims_after,
    };
    (end, Some(HoleKind::Template(template)))
}

/// In JSON the quotes of a template are written `\"`.
fn unescaped(inner: &str) -> std::borrow::Cow<'_, str> {
    match inner.find('"') {
        Some(at) if inner[..at].ends_with('\\') => inner.replace("\\\"", "\"").into(),
        _ => inner.into(),
    }
}

/// Where a template ends, its braces included. Braces within quotes do not end it; neither does another line.
fn template_end(rest: &str) -> Option<usize> {
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    closing(line).or_else(|| line.find("}}").map(|at| at + 2))
}

fn closing(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = 3;
    let mut quote = None;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (None | Some(b'"'), b'\\') => at += 1,
            (None, byte @ (b'"' | b'`')) => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            _ => {}
        }
        at += 1;
    }
    None
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Two escapes of JSON that make one character beyond the basic plane.
fn at_backslash(rest: &str) -> (usize, Option<HoleKind>) {
    let pair = || {
        let units = [unit(rest)?, unit(rest.get(6..)?)?];
        char::decode_utf16(units).next()?.ok().filter(|c| c.len_utf16() == 2)
    };
    match pair() {
        Some(character) => (12, Some(HoleKind::Character(character))),
        None => (rest.chars().take(2).map(char::len_utf8).sum(), None),
    }
}

/// The unit of UTF-16 that an escape stands for.
fn unit(rest: &str) -> Option<u16> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    let sound = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| u16::from_str_radix(digits, 16).ok())?
}
