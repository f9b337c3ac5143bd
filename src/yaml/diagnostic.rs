use super::{DiagnosticCode, Span};

/// Something to tell about a file: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The stable word for it.
    pub code: DiagnosticCode,
    /// What is wrong, in one sentence without a full stop. Never a value that may be secret.
    pub message: String,
    /// Where, the first place first; several if one cause stands in several.
    pub locations: Vec<DiagnosticLocation>,
    /// What to do.
    pub help: Option<String>,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// It goes on, but look at it.
    Warning,
    /// Good to know.
    Note,
}

/// A place that a diagnostic points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnosticLocation {
    /// Where.
    pub span: Span,
    /// What is there, if it is to be said.
    pub label: Option<String>,
    /// Whether the text of the line must not be shown, because it may hold a secret.
    pub is_confidential: bool,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: DiagnosticCode, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without a place yet.
    pub fn warning(code: DiagnosticCode, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note without a place yet.
    pub fn note(code: DiagnosticCode, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// The same, pointing at one more place whose text may be shown.
    pub fn at(mut self, span: Span) -> Self {
        self.locations.push(DiagnosticLocation {
            span,
            label: None,
            is_confidential: false,
        });
        self
    }

    /// The same, pointing at one more place whose text must not be shown.
    pub fn at_secret(mut self, span: Span) -> Self {
        self.locations.push(DiagnosticLocation {
            span,
            label: None,
            is_confidential: true,
        });
        self
    }

    /// The same, with a word on its last place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some(place) = self.locations.last_mut() {
            place.label = Some(label.into());
        }
        self
    }

    /// The same, saying what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn new(severity: Severity, code: DiagnosticCode, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            locations: Vec::new(),
            help: None,
        }
    }
}
