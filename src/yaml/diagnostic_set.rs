//! What is found while reading a text: collected, and one cause told once with its places.

use std::collections::HashMap;

use crate::{Diagnostic, DiagnosticCode};

/// The problems of a text.
#[derive(Default)]
pub(super) struct DiagnosticSet {
    diagnostics: Vec<Diagnostic>,
    index_by_cause: HashMap<(DiagnosticCode, String), usize>,
}

impl DiagnosticSet {
    /// Adds a problem, or its places to the same problem found before.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        let cause = (diagnostic.code, diagnostic.message.clone());
        match self.index_by_cause.get(&cause) {
            Some(at) => self.diagnostics[*at].locations.extend(diagnostic.locations),
            None => {
                self.index_by_cause.insert(cause, self.diagnostics.len());
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// Adds a problem that has places of its own: never one with another.
    pub(super) fn add_separate(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// All of them, in the order of the text.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics
            .sort_by_key(|diagnostic| diagnostic.locations.first().map(|place| place.span.start));
        self.diagnostics
    }
}
