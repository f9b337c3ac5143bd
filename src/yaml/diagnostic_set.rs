//! The diagnostics of a text: a cause found in several places is one diagnostic with several locations.

use std::collections::HashMap;

use crate::{Diagnostic, DiagnosticCode};

/// The diagnostics of a text.
#[derive(Default)]
pub(super) struct DiagnosticSet {
    diagnostics: Vec<Diagnostic>,
    index_by_cause: HashMap<(DiagnosticCode, String), usize>,
}

impl DiagnosticSet {
    /// Adds a diagnostic, or its locations to the same one found before.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        let cause = (diagnostic.code, diagnostic.message.clone());
        match self.index_by_cause.get(&cause) {
            Some(index) => self.diagnostics[*index].locations.extend(diagnostic.locations),
            None => {
                self.index_by_cause.insert(cause, self.diagnostics.len());
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// Adds a diagnostic that is never merged with another.
    pub(super) fn add_separate(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// All of them, in the order of the text.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics
            .sort_by_key(|diagnostic| diagnostic.locations.first().map(|location| location.span.start));
        self.diagnostics
    }
}
