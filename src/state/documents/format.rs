use super::document::Document;
use super::problems::Problems;
use yaml::{Data, Diagnostic, Node, Span};

/// A version of the format of state files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    /// Kong 0.14 to 2.x.
    V1,
    /// Kong 2.x.
    V2,
    /// Kong 3.x.
    V3,
}

impl Format {
    /// Whether entities of this version are written as before Kong 3.
    pub fn is_old(self) -> bool {
        self < Self::V3
    }

    /// The version as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::V1 => "1.1",
            Self::V2 => "2.1",
            Self::V3 => "3.0",
        }
    }
}

const HELP: &str = "write `_format_version: \"3.0\"`; with \"1.1\" or \"2.1\", the formats of Kong 1 and 2, the paths of routes are read as they were read then";

/// Reads the value of `_format_version`, which decK takes as a number as well.
pub(super) fn read(value: &Node, problems: &mut Problems) -> Option<Format> {
    let format = match &value.data {
        Data::String(text, _) => of_text(text.trim()),
        Data::Number(number) => number.as_f64().and_then(of_number),
        _ => None,
    };
    if format.is_none() {
        problems.tell(refusal(value));
    }
    format
}

fn of_text(text: &str) -> Option<Format> {
    [Format::V1, Format::V2, Format::V3]
        .into_iter()
        .find(|format| format.word() == text)
}

fn of_number(number: f64) -> Option<Format> {
    of_text(&format!("{number:.1}")).filter(|format| format.word().parse() == Ok(number))
}

fn refusal(value: &Node) -> Diagnostic {
    let message = match value.text() {
        Some("0.1") => "format version 0.1 is that of Konnect's former Service Hub, which no gateway reads".to_owned(),
        Some(text) => format!("'{text}' is no format version"),
        None => format!(
            "the format version is {}, and none of \"1.1\", \"2.1\" and \"3.0\"",
            value.word()
        ),
    };
    Diagnostic::error("format-version", message).at(value.span).help(HELP)
}

/// Gives documents that declare no version the one that the others of the run declare, as decK does.
pub(super) fn settle(documents: &mut [Document], problems: &mut Problems) {
    let mut declared: Vec<Format> = documents.iter().filter_map(|document| document.format).collect();
    declared.sort_unstable();
    declared.dedup();
    for document in documents
        .iter_mut()
        .filter(|document| document.format.is_none() && !document.format_refused)
    {
        match declared[..] {
            [format] => document.format = Some(format),
            [] => problems.tell(missing(document.span, "no `_format_version` is declared")),
            _ => problems.tell(missing(
                document.span,
                "no `_format_version` is declared, and the other files of this run declare different ones",
            )),
        }
    }
}

fn missing(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error("format-version", message).at(span).help(HELP)
}

#[cfg(test)]
mod tests {
    use super::{Format, of_number, of_text};

    #[test]
    fn versions_are_texts_or_numbers() {
        assert_eq!(of_text("2.1"), Some(Format::V2));
        assert_eq!(of_number(3.0), Some(Format::V3));
        assert_eq!(of_number(1.1), Some(Format::V1));
        assert_eq!(of_number(3.04), None);
        assert_eq!(of_text("0.1"), None);
    }
}
