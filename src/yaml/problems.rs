//! What is found while reading a text: collected, and one cause told once with its places.

use std::collections::HashMap;

use crate::Diagnostic;

/// The problems of a text.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<Diagnostic>,
    known: HashMap<(&'static str, String), usize>,
}

impl Problems {
    /// Adds a problem, or its places to the same problem found before.
    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        let cause = (diagnostic.code, diagnostic.message.clone());
        match self.known.get(&cause) {
            Some(at) => self.found[*at].places.extend(diagnostic.places),
            None => {
                self.known.insert(cause, self.found.len());
                self.found.push(diagnostic);
            }
        }
    }

    /// Adds a problem that has places of its own: never one with another.
    pub(super) fn tell_apart(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them, in the order of the text.
    pub(super) fn into_list(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|diagnostic| diagnostic.places.first().map(|place| place.span.start));
        self.found
    }
}
