use super::diagnostics::DocumentDiagnostics;
use super::document::StateDocument;
use yaml::{Diagnostic, DiagnosticCode, Node, NodeData, Span};

/// A version of the format of state files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FormatVersion {
    /// Kong 0.14 to 2.x.
    V1,
    /// Kong 2.x.
    V2,
    /// Kong 3.x.
    V3,
}

impl FormatVersion {
    /// Whether entities of this version are written as before Kong 3.
    pub(super) fn is_legacy(self) -> bool {
        self < Self::V3
    }

    /// The version as it is written.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.1",
            Self::V2 => "2.1",
            Self::V3 => "3.0",
        }
    }
}

const VERSION_HELP: &str = "write `_format_version: \"3.0\"`; with \"1.1\" or \"2.1\", the formats of Kong 1 and 2, the paths of routes are read as they were read then";

/// Reads the value of `_format_version`, which decK takes as a number as well.
pub(super) fn read_format_version(value: &Node, diagnostics: &mut DocumentDiagnostics) -> Option<FormatVersion> {
    let format = match &value.data {
        NodeData::String(text, _) => version_from_text(text.trim()),
        NodeData::Number(number) => number.as_f64().and_then(version_from_number),
        _ => None,
    };
    if format.is_none() {
        diagnostics.add(invalid_version_error(value));
    }
    format
}

fn version_from_text(text: &str) -> Option<FormatVersion> {
    [FormatVersion::V1, FormatVersion::V2, FormatVersion::V3]
        .into_iter()
        .find(|format| format.as_str() == text)
}

fn version_from_number(number: f64) -> Option<FormatVersion> {
    version_from_text(&format!("{number:.1}")).filter(|format| format.as_str().parse() == Ok(number))
}

fn invalid_version_error(value: &Node) -> Diagnostic {
    let message = match value.text() {
        Some("0.1") => "format version 0.1 is that of Konnect's former Service Hub, which no gateway reads".to_owned(),
        Some(text) => format!("'{text}' is no format version"),
        None => format!(
            "the format version is {}, and none of \"1.1\", \"2.1\" and \"3.0\"",
            value.type_name()
        ),
    };
    Diagnostic::error(DiagnosticCode::FormatVersion, message)
        .at(value.span)
        .help(VERSION_HELP)
}

/// Gives documents that declare no version the one that the others of the run declare, as decK does.
pub(super) fn fill_missing_versions(documents: &mut [StateDocument], diagnostics: &mut DocumentDiagnostics) {
    let mut declared: Vec<FormatVersion> = documents.iter().filter_map(|document| document.format).collect();
    declared.sort_unstable();
    declared.dedup();
    for document in documents
        .iter_mut()
        .filter(|document| document.format.is_none() && !document.has_invalid_format)
    {
        match declared[..] {
            [format] => document.format = Some(format),
            [] => diagnostics.add(missing_version_error(document.span, "no `_format_version` is declared")),
            _ => diagnostics.add(missing_version_error(
                document.span,
                "no `_format_version` is declared, and the other files of this run declare different ones",
            )),
        }
    }
}

fn missing_version_error(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(DiagnosticCode::FormatVersion, message)
        .at(span)
        .help(VERSION_HELP)
}

#[cfg(test)]
mod tests {
    use super::{FormatVersion, version_from_number, version_from_text};

    #[test]
    fn versions_are_texts_or_numbers() {
        assert_eq!(version_from_text("2.1"), Some(FormatVersion::V2));
        assert_eq!(version_from_number(3.0), Some(FormatVersion::V3));
        assert_eq!(version_from_number(1.1), Some(FormatVersion::V1));
        assert_eq!(version_from_number(3.04), None);
        assert_eq!(version_from_text("0.1"), None);
    }
}
