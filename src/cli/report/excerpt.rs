//! The part of a line that may be shown: what is pointed at and the structure before it, never a neighbouring value.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use yaml::Span;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// In bytes of the text.
    pub(super) highlighted: Range<usize>,
}

const MAX_EXCERPT_CHARS: usize = 100;

/// How far a line is scanned: a file of JSON may be one line.
const MAX_SCAN_BYTES: usize = 500;

/// Indentation, the marks of list members, and at most one name of a field: all that may stand before.
static LEADING_STRUCTURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^[ \t]*(?:[-?][ \t]+)*(?:(?:[\w./~-]+|"[\w./~-]+"|'[\w./~-]+')[ \t]*:[ \t]+)?$"#)
        .expect("it is sound")
});

/// The excerpt of a text for a span of it. None if the span is outside of the text.
pub(super) fn extract_excerpt(text: &str, span: Span) -> Option<Excerpt> {
    let start = span.start as usize;
    let before = &text.get(..start)?[text.floor_char_boundary(start.saturating_sub(MAX_SCAN_BYTES))..];
    let after = &text[start..text.floor_char_boundary(start.saturating_add(MAX_SCAN_BYTES).min(text.len()))];
    let rest = &after[..after.find(['\n', '\r']).unwrap_or(after.len())];
    let length = (span.end as usize).saturating_sub(start).min(rest.len());
    let pointed = rest.get(..length)?;
    let (shown, is_whole) = truncate_highlighted(pointed);
    let prefix = excerpt_prefix(before.rsplit('\n').next().unwrap_or_default());
    let highlighted = prefix.len()..prefix.len() + shown.len();
    let suffix = excerpt_suffix(&rest[pointed.len()..], is_whole);
    Some(Excerpt {
        text: format!("{prefix}{shown}{suffix}"),
        highlighted,
    })
}

fn excerpt_prefix(before: &str) -> String {
    match LEADING_STRUCTURE.is_match(before) {
        true => before.replace('\t', " "),
        false => {
            let indentation = before.len() - before.trim_start().len();
            format!("{}… ", " ".repeat(indentation))
        }
    }
}

/// What may be shown of what is pointed at, and whether that is all of it: of a map only its first name.
fn truncate_highlighted(pointed: &str) -> (&str, bool) {
    let max_end = pointed
        .char_indices()
        .nth(MAX_EXCERPT_CHARS)
        .map_or(pointed.len(), |(at, _)| at);
    let end = match pointed.chars().next() {
        Some('"' | '\'') => max_end,
        Some('{' | '[') => 1,
        _ => pointed.find(": ").map_or(max_end, |at| at.min(max_end)),
    };
    (pointed[..end].trim_end(), end == pointed.len())
}

fn excerpt_suffix(after: &str, is_whole: bool) -> &'static str {
    match (is_whole, after.trim_start().starts_with(':'), after.trim().len()) {
        (false, ..) => " …",
        (true, true, 1) => ":",
        (true, true, _) => ": …",
        (true, false, 0) => "",
        (true, false, _) => " …",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::FileId;

    fn shown(text: &str, pointed: &str) -> String {
        let start = text.find(pointed).unwrap();
        let span = Span {
            file: FileId(0),
            start: start as u32,
            end: (start + pointed.len()) as u32,
            line: 1,
            column: 1,
        };
        let excerpt = extract_excerpt(text, span).unwrap();
        let (text, marked) = (excerpt.text, excerpt.highlighted);
        format!(
            "{}<{}>{}",
            &text[..marked.start],
            &text[marked.clone()],
            &text[marked.end..]
        )
    }

    #[test]
    fn a_name_hides_its_value() {
        assert_eq!(shown("  pasword: hunter2\n", "pasword"), "  <pasword>: …");
        assert_eq!(shown("  pasword:\n", "pasword"), "  <pasword>:");
        assert_eq!(shown("- - key: hunter2", "key"), "- - <key>: …");
        assert_eq!(shown(r#"  "key": "hunter2","#, r#""key""#), r#"  <"key">: …"#);
    }

    #[test]
    fn a_value_hides_its_neighbours() {
        assert_eq!(shown("  port: 80a # hunter2", "80a"), "  port: <80a> …");
        assert_eq!(shown("{password: hunter2, port: 80a}", "80a"), "… <80a> …");
        assert_eq!(
            shown(r#"  {"password": "hunter2", "port": "80a"}"#, r#""80a""#),
            r#"  … <"80a"> …"#
        );
        assert_eq!(shown("a: hunter2 x: 1", "x"), "… <x>: …");
    }

    #[test]
    fn a_map_shows_its_first_name() {
        assert_eq!(
            shown("- key: hunter2\n  ttl: 5\n", "key: hunter2\n  ttl: 5"),
            "- <key> …"
        );
        assert_eq!(shown("- {key: hunter2}", "{key: hunter2}"), "- <{> …");
        assert_eq!(shown("cert: |\n  hunter2\n", "|\n  hunter2\n"), "cert: <|>");
    }

    #[test]
    fn long_lines_are_cut() {
        let text = format!("a: \"{}\"", "é".repeat(200));
        assert_eq!(shown(&text, &text[3..]), format!("a: <\"{}> …", "é".repeat(99)));
    }

    #[test]
    fn a_place_beyond_the_text_shows_nothing() {
        let span = Span {
            file: FileId(0),
            start: 9,
            end: 12,
            line: 1,
            column: 1,
        };
        assert_eq!(extract_excerpt("a: 1", span), None);
    }
}
