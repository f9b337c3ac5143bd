//! Diagnostics as text: position and message, then an excerpt of the file, then help.

use std::fmt::Write as _;
use std::iter;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::escape::to_single_line;
use super::excerpt::{Excerpt, extract_excerpt};
use yaml::{Diagnostic, DiagnosticLocation, Severity, SourceFiles, Span};

/// How many locations of a diagnostic are shown with an excerpt; of the others only the position.
const MAX_EXCERPTS: usize = 8;

/// Renders diagnostics for people, in the order of the files: the first line of each begins with `file:line:column:`.
///
/// Of a line only what is pointed at is shown, of a confidential location nothing. The text is styled.
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
        .filter_map(|location| format_position(location.span, sources));
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        let _ = write!(line, " (also at {})", others.join(", "));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(line, " (help: {help})");
    }
    to_single_line(&line)
}

/// Sorts diagnostics by file and position; those without a location come first.
pub(super) fn sort_by_position(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| {
        diagnostic
            .locations
            .first()
            .map(|location| (location.span.file, location.span.start))
    });
    sorted
}

fn render_diagnostic(diagnostic: &Diagnostic, sources: &SourceFiles, renderer: &Renderer) -> String {
    let (shown, others) = partition_locations(diagnostic);
    let mut shown = shown.into_iter();
    let level = annotation_level(diagnostic.severity).with_name(render_heading(diagnostic, sources));
    let mut cause = Group::with_title(level.primary_title(to_single_line(&diagnostic.message)));
    if let Some(location) = shown.next() {
        cause = cause.elements(build_snippet(location, location.label.as_deref(), sources));
    }
    let others: Vec<String> = others
        .iter()
        .filter_map(|location| format_position(location.span, sources))
        .collect();
    if !others.is_empty() {
        cause = cause.element(Level::NOTE.with_name("also at").message(others.join(", ")));
    }
    if let Some(help) = &diagnostic.help {
        cause = cause.element(Level::HELP.message(to_single_line(help)));
    }
    let groups: Vec<Group<'_>> = iter::once(cause)
        .chain(shown.filter_map(|location| related_group(location, sources)))
        .collect();
    renderer.render(&groups)
}

/// A related location: its position, label and excerpt.
fn related_group<'a>(location: &'a DiagnosticLocation, sources: &'a SourceFiles) -> Option<Group<'a>> {
    let level = Level::NOTE.with_name(format!("{}: note", format_position(location.span, sources)?));
    // the renderer takes this title, alone of all texts, as it is
    let title = level.secondary_title(to_single_line(location.label.as_deref().unwrap_or_default()));
    Some(Group::with_title(title).elements(build_snippet(location, None, sources)))
}

/// The locations that are shown with an excerpt (the first, and those with a label), and the others.
fn partition_locations(diagnostic: &Diagnostic) -> (Vec<&DiagnosticLocation>, Vec<&DiagnosticLocation>) {
    let mut shown = 0;
    diagnostic.locations.iter().partition(|location| {
        let is_shown = shown == 0 || (location.label.is_some() && shown < MAX_EXCERPTS);
        shown += usize::from(is_shown);
        is_shown
    })
}

fn build_snippet<'a>(
    location: &DiagnosticLocation,
    label: Option<&'a str>,
    sources: &SourceFiles,
) -> Option<Snippet<'a, Annotation<'a>>> {
    if location.is_confidential {
        return None;
    }
    let source = sources.files.get(location.span.file.0 as usize)?;
    let Excerpt { text, highlighted } = extract_excerpt(&source.text, location.span)?;
    let annotation = AnnotationKind::Primary.span(highlighted).label(label);
    let snippet = Snippet::source(text).line_start(location.span.line as usize);
    Some(snippet.annotation(annotation))
}

fn render_heading(diagnostic: &Diagnostic, sources: &SourceFiles) -> String {
    let word = severity_word(diagnostic.severity);
    match diagnostic
        .locations
        .first()
        .and_then(|location| format_position(location.span, sources))
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
