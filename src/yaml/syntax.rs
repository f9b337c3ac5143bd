//! Explains the parser's errors. Its own messages hold nothing of the text.

use super::events::{Mark, SyntaxErrorPosition, YamlSyntaxError};
use crate::{Diagnostic, DiagnosticCode, FileId, Span};

/// The parser's messages, what they mean, and what to do.
const PARSER_MESSAGES: &[(&str, &str, &str)] = &[
    (
        "mapping values are not allowed in this context",
        "a `:` stands where no field can begin",
        "put a value that holds `: ` in quotes, and check the indentation of this line and the one above",
    ),
    (
        "did not find expected key",
        "the indentation does not fit the lines above, or a value goes on after its end",
        "indent the fields of one map alike, and put values with quotes or `: ` within in quotes",
    ),
    (
        "did not find expected '-' indicator",
        "a member of the list lacks its `-`, or its indentation does not fit",
        "indent the members of one list alike",
    ),
    (
        "did not find expected ',' or ']'",
        "a list in brackets goes wrong here",
        "part members by `,`, close the list by `]`, and put texts with `[]{},` within in quotes",
    ),
    (
        "did not find expected ',' or '}'",
        "a map in braces goes wrong here",
        "part fields by `,`, close the map by `}`, and put texts with `[]{},` within in quotes",
    ),
    (
        "could not find expected ':'",
        "a line without `:` stands where a field should",
        "write `name: value`; a text of several lines needs quotes or `|` and indentation",
    ),
    (
        "found unexpected end of stream",
        "a quote is not closed",
        "close it, or double a `'` that stands within single quotes",
    ),
    (
        "found unexpected document indicator",
        "a quote is not closed before the end of the document",
        "close it",
    ),
    (
        "found unknown escape character",
        "within double quotes a `\\` begins an escape, and there is none of this letter",
        "use single quotes, or double the `\\`",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "`*` and `&` at the beginning of a value stand for aliases and anchors",
        "put a value that begins with `*` or `&` in quotes",
    ),
    (
        "found undefined tag handle",
        "a value that begins with `!` is read as a tag",
        "put the value in quotes",
    ),
    (
        "block sequence entries are not allowed in this context",
        "a `-` stands where no list can begin",
        "begin the list on a line of its own, or put a value that begins with `- ` in quotes",
    ),
    (
        "did not find expected <document start>",
        "text follows after the end of the document",
        "indent all fields of the document alike",
    ),
    (
        "found a tab character that violates indentation",
        "a tab indents this line",
        "indent with spaces",
    ),
    (
        "found a tab character where an indentation space is expected",
        "a tab indents this line",
        "indent with spaces",
    ),
    (
        "did not find expected node content",
        "no value can begin here",
        "put a text that begins with `:`, `,` or `?` in quotes",
    ),
    (
        "found unexpected ':'",
        "a `:` stands at the end of a text within brackets or braces",
        "put the text in quotes",
    ),
    (
        "did not find expected whitespace or line break",
        "a value that begins with `!` is read as a tag",
        "put the value in quotes",
    ),
    (
        "control characters are not allowed",
        "a control character stands here",
        "remove it, or write it as an escape in double quotes: `\"\\x1b\"`",
    ),
];

/// The errors of a quote that is not closed: they show at the end of the text, far from it.
const UNCLOSED_QUOTE_MESSAGES: [&str; 2] = ["found unexpected end of stream", "found unexpected document indicator"];

/// The errors of brackets and braces that are not closed.
const UNCLOSED_BRACKET_MESSAGES: [&str; 2] = ["did not find expected ',' or ']'", "did not find expected ',' or '}'"];

const ENDS_WITHIN_BRACKETS: (&str, &str) = (
    "the text ends within brackets or braces",
    "is the file complete? Close each `[` by `]` and each `{` by `}`",
);

/// Message and help for a template that is not for this program.
pub(super) const FOREIGN_TEMPLATE: (&str, &str) = (
    "this is a template of Helm's or Go's, which is not read here",
    "render the file first, as with `helm template`; values of the environment are `${{ env \"DECK_NAME\" }}`",
);

/// Says where and why the parser stopped.
pub(super) fn syntax_diagnostic(error: &YamlSyntaxError, file: FileId, text: &str) -> Diagnostic {
    let mark = match error.position {
        // the end of the text is no place to look for a quote
        SyntaxErrorPosition::Mark(_) if UNCLOSED_QUOTE_MESSAGES.contains(&error.problem.as_str()) => error.context,
        SyntaxErrorPosition::Mark(mark) => mark,
        SyntaxErrorPosition::Byte(byte) => mark_at_byte(byte, text),
    };
    let foreign_template = find_foreign_template(mark, text);
    let ends_early = is_at_end(mark, text) && UNCLOSED_BRACKET_MESSAGES.contains(&error.problem.as_str());
    let mark = match foreign_template {
        Some(line) => line,
        None if ends_early => end_of_text(text),
        None => mark,
    };
    let span = Span {
        file,
        start: mark.byte,
        end: mark.byte,
        line: mark.line + 1,
        column: mark.column + 1,
    };
    let (message, help) = match foreign_template {
        Some(_) => (FOREIGN_TEMPLATE.0.to_owned(), FOREIGN_TEMPLATE.1.to_owned()),
        None if ends_early => (ENDS_WITHIN_BRACKETS.0.to_owned(), ENDS_WITHIN_BRACKETS.1.to_owned()),
        None => explain_syntax_error(error, mark, text),
    };
    Diagnostic::error(DiagnosticCode::YamlSyntax, message)
        .at_secret(span)
        .help(help)
}

fn explain_syntax_error(error: &YamlSyntaxError, mark: Mark, text: &str) -> (String, String) {
    let known = PARSER_MESSAGES.iter().find(|(problem, ..)| *problem == error.problem);
    match (known, char_at(mark, text)) {
        (Some((_, message, help)), _) => ((*message).to_owned(), (*help).to_owned()),
        (None, Some('\t')) => ("a tab indents this line".into(), "indent with spaces".into()),
        (None, Some(sign @ ('@' | '`' | '%' | '|' | '>' | ',' | ']' | '}'))) => (
            format!("a value cannot begin with `{sign}`"),
            "put the value in quotes".into(),
        ),
        (None, _) => (
            format!("this is no YAML: {}", error.problem),
            "check the quotes and the indentation of this line and the one above".into(),
        ),
    }
}

/// The last line up to an error that is nothing but a template of another program's: `{{- range … }}`.
fn find_foreign_template(mark: Mark, text: &str) -> Option<Mark> {
    let lines = text.split_inclusive('\n').take(mark.line as usize + 1);
    let mut start = 0;
    let mut found = None;
    for line in lines {
        let bare = line.trim();
        if bare.starts_with("{{") && bare.ends_with("}}") {
            found = Some(start + line.len() - line.trim_start().len());
        }
        start += line.len();
    }
    found.map(|byte| mark_at_byte(byte as u32, text))
}

fn is_at_end(mark: Mark, text: &str) -> bool {
    text.get(mark.byte as usize..).is_none_or(|rest| rest.trim().is_empty())
}

/// Where the last word of a text ends.
fn end_of_text(text: &str) -> Mark {
    mark_at_byte(text.trim_end().len() as u32, text)
}

fn char_at(mark: Mark, text: &str) -> Option<char> {
    text.get(mark.byte as usize..)?.chars().next()
}

/// The line and column of a byte.
pub(super) fn mark_at_byte(byte: u32, text: &str) -> Mark {
    let before = text.get(..byte as usize).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Mark {
        byte: before.len() as u32,
        line: before.bytes().filter(|byte| *byte == b'\n').count() as u32,
        column: before[line_start..].chars().count() as u32,
    }
}
