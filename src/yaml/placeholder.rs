//! Where templates and variables stand in a text.

use super::shell_variable::{self, ShellVariable};
use super::template::{TemplateError, TemplateExpression, parse_template};
use crate::{FileId, Span};

/// How many bytes the character takes that begins a token: no token is shorter.
pub(super) const MARKER_BYTES: usize = 3;

/// A part of a line that is not to be taken as it stands.
pub(super) struct Placeholder {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Counted from 1.
    pub(super) line: u32,
    /// In characters, counted from 1.
    pub(super) column: u32,
    pub(super) kind: PlaceholderKind,
}

/// What a placeholder is.
pub(super) enum PlaceholderKind {
    /// `${{ … }}`.
    Template(Template),
    /// `${NAME}` or `$NAME`, to be filled in.
    Variable(String),
    /// `${NAME}` or `$NAME`, to be left alone.
    LiteralVariable(String),
    /// What looks like a template or a variable and cannot be filled in.
    Invalid(TemplateError),
    /// A character that JSON writes as two escapes, which YAML does not know.
    SurrogatePair(char),
}

/// A template as it stands in the file.
pub(super) struct Template {
    pub(super) expression: Result<TemplateExpression, TemplateError>,
    /// `${{-`: white space before it goes.
    pub(super) trims_before: bool,
    /// `-}}`: white space after it goes.
    pub(super) trims_after: bool,
}

impl Placeholder {
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
        matches!(&self.kind, PlaceholderKind::Template(template) if template.trims_after)
    }
}

/// Finds all placeholders of a text, in its order. Lines that begin with `#` have none.
pub(super) fn find_placeholders(text: &str, substitute: bool) -> Vec<Placeholder> {
    let mut placeholders = Vec::new();
    if text.contains('$') {
        find_placeholders_at(text, '$', |rest| match_dollar(rest, substitute), &mut placeholders);
    }
    if is_json(text) && (text.contains("\\ud") || text.contains("\\uD")) {
        find_placeholders_at(text, '\\', match_surrogate_pair, &mut placeholders);
        placeholders.sort_by_key(|placeholder| placeholder.start);
        placeholders.dedup_by(|next, placeholder| next.start < placeholder.end);
    }
    placeholders
}

/// Matches at every such character: how long the match is, and what kind of placeholder, if it is one.
fn find_placeholders_at(
    text: &str,
    first: char,
    match_at: impl Fn(&str) -> (usize, Option<PlaceholderKind>),
    placeholders: &mut Vec<Placeholder>,
) {
    let mut line = LineCursor::default();
    let mut at = 0;
    while let Some(found) = text[at..].find(first) {
        let start = at + found;
        line.advance(text, start);
        let (length, kind) = match text[line.line_start..start].trim_start().starts_with('#') {
            true => (1, None),
            false => match_at(&text[start..]),
        };
        at = start + length;
        if let Some(kind) = kind {
            placeholders.push(Placeholder {
                start: start as u32,
                end: at as u32,
                line: line.number + 1,
                column: line.column + 1,
                kind,
            });
        }
    }
}

/// A position in a text, counted from 0.
#[derive(Default)]
struct LineCursor {
    number: u32,
    line_start: usize,
    offset: usize,
    column: u32,
}

impl LineCursor {
    fn advance(&mut self, text: &str, to: usize) {
        let passed = &text[self.offset..to];
        if let Some(last) = passed.rfind('\n') {
            self.number += passed.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.line_start = self.offset + last + 1;
            self.column = 0;
        }
        self.column += text[self.offset.max(self.line_start)..to].chars().count() as u32;
        self.offset = to;
    }
}

fn match_dollar(rest: &str, substitute: bool) -> (usize, Option<PlaceholderKind>) {
    if rest.starts_with("${{") {
        return match_template(rest);
    }
    match shell_variable::match_variable(rest) {
        Some((length, ShellVariable::Plain(name))) if substitute => (length, Some(PlaceholderKind::Variable(name))),
        Some((length, ShellVariable::Plain(name))) => (length, Some(PlaceholderKind::LiteralVariable(name))),
        Some((length, ShellVariable::WithOperator)) if substitute => {
            (length, Some(PlaceholderKind::Invalid(TemplateError::ShellOperator)))
        }
        Some((length, _)) => (length, None),
        None => (shell_variable::non_variable_length(rest), None),
    }
}

fn match_template(rest: &str) -> (usize, Option<PlaceholderKind>) {
    let Some(end) = find_template_end(rest) else {
        return (3, Some(PlaceholderKind::Invalid(TemplateError::Unclosed)));
    };
    let inner = &rest[3..end - 2];
    let trims_before = inner.starts_with('-') && inner[1..].starts_with([' ', '\t']);
    let inner = if trims_before { &inner[1..] } else { inner };
    let trims_after = inner.ends_with('-') && inner[..inner.len() - 1].ends_with([' ', '\t']);
    let inner = if trims_after { &inner[..inner.len() - 1] } else { inner };
    let template = Template {
        expression: parse_template(&unescape_json_quotes(inner)),
        trims_before,
        trims_after,
    };
    (end, Some(PlaceholderKind::Template(template)))
}

/// In JSON the quotes of a template are written `\"`.
fn unescape_json_quotes(inner: &str) -> std::borrow::Cow<'_, str> {
    match inner.find('"') {
        Some(at) if inner[..at].ends_with('\\') => inner.replace("\\\"", "\"").into(),
        _ => inner.into(),
    }
}

/// Where a template ends, its braces included. Braces within quotes do not end it; neither does another line.
fn find_template_end(rest: &str) -> Option<usize> {
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    find_closing_braces(line).or_else(|| line.find("}}").map(|at| at + 2))
}

fn find_closing_braces(line: &str) -> Option<usize> {
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
fn match_surrogate_pair(rest: &str) -> (usize, Option<PlaceholderKind>) {
    let pair = || {
        let units = [parse_utf16_unit(rest)?, parse_utf16_unit(rest.get(6..)?)?];
        char::decode_utf16(units).next()?.ok().filter(|c| c.len_utf16() == 2)
    };
    match pair() {
        Some(character) => (12, Some(PlaceholderKind::SurrogatePair(character))),
        None => (rest.chars().take(2).map(char::len_utf8).sum(), None),
    }
}

/// The unit of UTF-16 that an escape stands for.
fn parse_utf16_unit(rest: &str) -> Option<u16> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
}
