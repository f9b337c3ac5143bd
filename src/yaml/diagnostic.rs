use super::{DiagnosticCode, Span};

/// A message about a file: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// The stable word for it.
    pub code: DiagnosticCode,
    /// What is wrong, in one sentence without a full stop. Never a value that may be secret.
    pub message: String,
    /// Where, the first location first; several if one cause stands in several.
    pub locations: Vec<DiagnosticLocation>,
    /// What to do about it.
    pub help: Option<String>,
}

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run stops before it writes.
    Error,
    /// The run goes on; somebody should look at it.
    Warning,
    /// Good to know.
    Note,
}

/// A location that a diagnostic points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnosticLocation {
    /// The part of the file.
    pub span: Span,
    /// What is there, if that helps.
    pub label: Option<String>,
    /// Whether the text of the line must not be shown, because it may hold a secret.
    pub is_confidential: bool,
}

impl Diagnostic {
    /// An error without a location yet.
    pub fn error(code: DiagnosticCode, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without a location yet.
    pub fn warning(code: DiagnosticCode, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note without a location yet.
    pub fn note(code: DiagnosticCode, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// Adds a location whose text may be shown.
    pub fn at(mut self, span: Span) -> Self {
        self.locations.push(DiagnosticLocation {
            span,
            label: None,
            is_confidential: false,
        });
        self
    }

    /// Adds a location whose text must not be shown.
    pub fn at_secret(mut self, span: Span) -> Self {
        self.locations.push(DiagnosticLocation {
            span,
            label: None,
            is_confidential: true,
        });
        self
    }

    /// Labels the last location.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some(location) = self.locations.last_mut() {
            location.label = Some(label.into());
        }
        self
    }

    /// Says what to do.
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
