use std::collections::{HashMap, HashSet};

use yaml::{Diagnostic, DiagnosticCode, Severity, Span};

/// What is wrong with the documents, as it is found, and where secrets stand, so that their lines are not shown.
#[derive(Default)]
pub(super) struct DocumentDiagnostics {
    diagnostics: Vec<Diagnostic>,
    error_count: usize,
    secret_spans: Vec<Span>,
}

impl DocumentDiagnostics {
    /// Adds something to tell.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.error_count += usize::from(diagnostic.severity == Severity::Error);
        self.diagnostics.push(diagnostic);
    }

    /// How many errors were told so far.
    pub(super) fn error_count(&self) -> usize {
        self.error_count
    }

    /// Says that a value that may be secret stands there.
    pub(super) fn mark_secret(&mut self, span: Span) {
        self.secret_spans.push(span);
    }

    /// All of it, in the order of the files, one cause told once with its places.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut told = merge_causes(self.diagnostics);
        redact_lines(&mut told, &self.secret_spans);
        sort_by_position(&mut told);
        told
    }
}

/// Tells a cause that stands in several places once, at the place where it stood first. What points at several places by
/// itself (a duplicate, say) is a cause of its own.
fn merge_causes(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = Vec::new();
    let mut causes: HashMap<(DiagnosticCode, String, Option<String>), usize> = HashMap::new();
    let mut known: HashSet<(usize, Span)> = HashSet::new();
    for mut one in found {
        if one.locations.len() != 1 {
            told.push(one);
            continue;
        }
        let cause = (one.code, one.message.clone(), one.help.clone());
        let at = *causes.entry(cause).or_insert(told.len());
        let is_new = known.insert((at, one.locations[0].span));
        if at == told.len() {
            told.push(one);
        } else if is_new {
            told[at].locations.append(&mut one.locations);
        }
    }
    told
}

/// Marks the places whose line, or whose own stretch of the file, holds a value that may be secret.
fn redact_lines(told: &mut [Diagnostic], secrets: &[Span]) {
    if told.is_empty() {
        return;
    }
    let lines: HashSet<_> = secrets.iter().map(|span| (span.file, span.line)).collect();
    for place in told.iter_mut().flat_map(|one| &mut one.locations) {
        let here = place.span;
        place.is_confidential |= lines.contains(&(here.file, here.line))
            || secrets
                .iter()
                .any(|span| span.file == here.file && span.start < here.end && here.start < span.end);
    }
}

fn sort_by_position(told: &mut [Diagnostic]) {
    for one in told.iter_mut() {
        if one.locations.iter().all(|place| place.label.is_none()) {
            one.locations.sort_by_key(|place| (place.span.file, place.span.start));
        }
    }
    told.sort_by_key(|one| one.locations.first().map(|place| (place.span.file, place.span.start)));
}
