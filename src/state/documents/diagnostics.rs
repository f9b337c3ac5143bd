use std::collections::{HashMap, HashSet};

use yaml::{Diagnostic, DiagnosticCode, Severity, Span};

/// The diagnostics of the documents, and where secrets stand, so that their lines are not shown.
#[derive(Default)]
pub(super) struct DocumentDiagnostics {
    diagnostics: Vec<Diagnostic>,
    error_count: usize,
    secret_spans: Vec<Span>,
}

impl DocumentDiagnostics {
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.error_count += usize::from(diagnostic.severity == Severity::Error);
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn error_count(&self) -> usize {
        self.error_count
    }

    /// Notes that a value that may be secret stands there.
    pub(super) fn mark_secret(&mut self, span: Span) {
        self.secret_spans.push(span);
    }

    /// All of them, in the order of the files, each cause once with its locations.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut diagnostics = merge_causes(self.diagnostics);
        redact_lines(&mut diagnostics, &self.secret_spans);
        sort_by_position(&mut diagnostics);
        diagnostics
    }
}

/// Merges the diagnostics of one cause into one with several locations. What points at several locations by itself (a
/// duplicate, say) is a cause of its own.
fn merge_causes(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut merged: Vec<Diagnostic> = Vec::new();
    let mut causes: HashMap<(DiagnosticCode, String, Option<String>), usize> = HashMap::new();
    let mut known: HashSet<(usize, Span)> = HashSet::new();
    for mut diagnostic in diagnostics {
        if diagnostic.locations.len() != 1 {
            merged.push(diagnostic);
            continue;
        }
        let cause = (diagnostic.code, diagnostic.message.clone(), diagnostic.help.clone());
        let index = *causes.entry(cause).or_insert(merged.len());
        let is_new = known.insert((index, diagnostic.locations[0].span));
        if index == merged.len() {
            merged.push(diagnostic);
        } else if is_new {
            merged[index].locations.append(&mut diagnostic.locations);
        }
    }
    merged
}

/// Marks the locations whose line or whose span holds a value that may be secret, so that their text is redacted.
fn redact_lines(diagnostics: &mut [Diagnostic], secret_spans: &[Span]) {
    if diagnostics.is_empty() {
        return;
    }
    let lines: HashSet<_> = secret_spans.iter().map(|span| (span.file, span.line)).collect();
    for location in diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.locations) {
        let span = location.span;
        location.is_confidential |= lines.contains(&(span.file, span.line))
            || secret_spans
                .iter()
                .any(|secret| secret.file == span.file && secret.start < span.end && span.start < secret.end);
    }
}

fn sort_by_position(diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics.iter_mut() {
        if diagnostic.locations.iter().all(|location| location.label.is_none()) {
            diagnostic
                .locations
                .sort_by_key(|location| (location.span.file, location.span.start));
        }
    }
    diagnostics.sort_by_key(|diagnostic| {
        diagnostic
            .locations
            .first()
            .map(|location| (location.span.file, location.span.start))
    });
}
