use serde::Serialize;

use yaml::{SourceFiles, Span};

/// A position in a file.
#[derive(Debug, Serialize)]
pub(super) struct PositionJson {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl PositionJson {
    pub(super) fn from_span(span: Span, sources: &SourceFiles) -> Self {
        Self {
            file: sources.file(span.file).name.clone(),
            line: span.line,
            column: span.column,
        }
    }
}
