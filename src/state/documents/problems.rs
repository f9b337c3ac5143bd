use std::collections::{HashMap, HashSet};

use yaml::{Diagnostic, Severity, Span};

/// What is wrong with the documents, as it is found, and where secrets stand, so that their lines are not shown.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<Diagnostic>,
    errors: usize,
    secrets: Vec<Span>,
}

impl Problems {
    /// Adds something to tell.
    pub fn tell(&mut self, diagnostic: Diagnostic) {
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        self.found.push(diagnostic);
    }

    /// How many errors were told so far.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Says that a value that may be secret stands there.
    pub fn hide(&mut self, span: Span) {
        self.secrets.push(span);
    }

    /// All of it, in the order of the files, one cause told once with its places.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut told = once(self.found);
        hide_lines(&mut told, &self.secrets);
        in_order(&mut told);
        told
    }
}

/// Tells a cause that stands in several places once, at the place where it stood first. What points at several places by
/// itself (a duplicate, say) is a cause of its own.
fn once(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = Vec::new();
    let mut causes: HashMap<(&'static str, String, Option<String>), usize> = HashMap::new();
    let mut known: HashSet<(usize, Span)> = HashSet::new();
    for mut one in found {
        if one.places.len() != 1 {
            told.push(one);
            continue;
        }
        let cause = (one.code, one.message.clone(), one.help.clone());
        let at = *causes.entry(cause).or_insert(told.len());
        let is_new = known.insert((at, one.places[0].span));
        if at == told.len() {
            told.push(one);
        } else if is_new {
            told[at].places.append(&mut one.places);
        }
    }
    told
}

/// Marks the places whose line, or whose own stretch of the file, holds a value that may be secret.
fn hide_lines(told: &mut [Diagnostic], secrets: &[Span]) {
    if told.is_empty() {
        return;
    }
    let lines: HashSet<_> = secrets.iter().map(|span| (span.file, span.line)).collect();
    for place in told.iter_mut().flat_map(|one| &mut one.places) {
        let here = place.span;
        place.confidential |= lines.contains(&(here.file, here.line))
            || secrets
                .iter()
                .any(|span| span.file == here.file && span.start < here.end && here.start < span.end);
    }
}

fn in_order(told: &mut [Diagnostic]) {
    for one in told.iter_mut() {
        if one.places.iter().all(|place| place.label.is_none()) {
            one.places.sort_by_key(|place| (place.span.file, place.span.start));
        }
    }
    told.sort_by_key(|one| one.places.first().map(|place| (place.span.file, place.span.start)));
}
