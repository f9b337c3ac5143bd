//! Diagnostics as text: where and what in the first line, then the line of the file, then what to do.

use std::fmt::Write as _;
use std::iter;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::escape::to_single_line;
use super::excerpt::{Excerpt, extract_excerpt};
use yaml::{Diagnostic, DiagnosticLocation, Severity, SourceFiles, Span};

/// How many places of one cause are shown with their line; the others are told by their position.
const MAX_EXCERPTS: usize = 8;

/// Diagnostics for people, in the order of the files: the first line of each begins with `file:line:column:`.
///
/// Of a line only what is pointed at is shown, of a confidential place nothing. Whoever prints it takes the colours away
/// where they cannot be shown.
pub fn render_diagnostics(diagnostics: &[Diagnostic], sources: &SourceFiles) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in sort_by_position(diagnostics) {
        let _ = writeln!(text, "{}\n", render_diagnostic(diagnostic, sources, &renderer));
    }
    text
}

/// A diagnostic in one line: `file:line:column: error: message (help: what to do)`.
pub(super) fn render_diagnostic_line(diagnostic: &Diagnostic, sources: &SourceFiles) -> String {
    let mut line = format!("{}: {}", render_heading(diagnostic, sources), diagnostic.message);
    let others = diagnostic
        .locations
        .iter()
        .skip(1)
        .filter_map(|place| format_position(place.span, sources));
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        let _ = write!(line, " (also at {})", others.join(", "));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(line, " (help: {help})");
    }
    to_single_line(&line)
}

/// The same diagnostics, in the order of the files and of the places in them; what has no place comes first.
pub(super) fn sort_by_position(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| {
        diagnostic
            .locations
            .first()
            .map(|place| (place.span.file, place.span.start))
    });
    sorted
}

fn render_diagnostic(diagnostic: &Diagnostic, sources: &SourceFiles, renderer: &Renderer) -> String {
    let (shown, others) = partition_locations(diagnostic);
    let mut shown = shown.into_iter();
    let level = annotation_level(diagnostic.severity).with_name(render_heading(diagnostic, sources));
    let mut cause = Group::with_title(level.primary_title(to_single_line(&diagnostic.message)));
    if let Some(place) = shown.next() {
        cause = cause.elements(build_snippet(place, place.label.as_deref(), sources));
    }
    let others: Vec<String> = others
        .iter()
        .filter_map(|place| format_position(place.span, sources))
        .collect();
    if !others.is_empty() {
        cause = cause.element(Level::NOTE.with_name("also at").message(others.join(", ")));
    }
    if let Some(help) = &diagnostic.help {
        cause = cause.element(Level::HELP.message(to_single_line(help)));
    }
    let groups: Vec<Group<'_>> = iter::once(cause)
        .chain(shown.filter_map(|place| related_group(place, sources)))
        .collect();
    renderer.render(&groups)
}

/// A place that belongs to the cause: its position, its word, its line.
fn related_group<'a>(place: &'a DiagnosticLocation, sources: &'a SourceFiles) -> Option<Group<'a>> {
    let level = Level::NOTE.with_name(format!("{}: note", format_position(place.span, sources)?));
    let title = level.secondary_title(place.label.as_deref().unwrap_or_default());
    Some(Group::with_title(title).elements(build_snippet(place, None, sources)))
}

/// The places that are shown with their line, the first and those that bear a word, and the others.
fn partition_locations(diagnostic: &Diagnostic) -> (Vec<&DiagnosticLocation>, Vec<&DiagnosticLocation>) {
    let mut shown = 0;
    diagnostic.locations.iter().partition(|place| {
        let is_shown = shown == 0 || (place.label.is_some() && shown < MAX_EXCERPTS);
        shown += usize::from(is_shown);
        is_shown
    })
}

fn build_snippet<'a>(
    place: &DiagnosticLocation,
    label: Option<&'a str>,
    sources: &SourceFiles,
) -> Option<Snippet<'a, Annotation<'a>>> {
    if place.is_confidential {
        return None;
    }
    let source = sources.files.get(place.span.file.0 as usize)?;
    let Excerpt {
        text,
        highlighted: marked,
    } = extract_excerpt(&source.text, place.span)?;
    let annotation = AnnotationKind::Primary.span(marked).label(label);
    let snippet = Snippet::source(text).line_start(place.span.line as usize);
    Some(snippet.annotation(annotation))
}

fn render_heading(diagnostic: &Diagnostic, sources: &SourceFiles) -> String {
    let word = severity_word(diagnostic.severity);
    match diagnostic
        .locations
        .first()
        .and_then(|place| format_position(place.span, sources))
    {
        Some(position) => format!("{position}: {word}"),
        None => word.to_owned(),
    }
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn format_position(span: Span, sources: &SourceFiles) -> Option<String> {
    let source = sources.files.get(span.file.0 as usize)?;
    let name = to_single_line(&source.name);
    Some(format!("{name}:{}:{}", span.line, span.column))
}

fn annotation_level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}
