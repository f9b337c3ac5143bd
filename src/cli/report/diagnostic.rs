//! Diagnostics as text: where and what in the first line, then the line of the file, then what to do.

use std::fmt::Write as _;
use std::iter;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::excerpt::{Excerpt, excerpt};
use yaml::{Diagnostic, DiagnosticLocation, Severity, SourceFiles, Span};

/// How many places of one cause are shown with their line; the others are told by their position.
const MOST_EXCERPTS: usize = 8;

/// Diagnostics for people, in the order of the files: the first line of each begins with `file:line:column:`.
///
/// Of a line only what is pointed at is shown, of a confidential place nothing. Whoever prints it takes the colours away
/// where they cannot be shown.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &SourceFiles) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in in_order(diagnostics) {
        let _ = writeln!(text, "{}\n", render(diagnostic, sources, &renderer));
    }
    text
}

/// A diagnostic in one line: `file:line:column: error: message (help: what to do)`.
pub(super) fn diagnostic_line(diagnostic: &Diagnostic, sources: &SourceFiles) -> String {
    let mut line = format!("{}: {}", heading(diagnostic, sources), diagnostic.message);
    let others = diagnostic
        .locations
        .iter()
        .skip(1)
        .filter_map(|place| position(place.span, sources));
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        let _ = write!(line, " (also at {})", others.join(", "));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(line, " (help: {help})");
    }
    on_one_line(&line)
}

/// The same diagnostics, in the order of the files and of the places in them; what has no place comes first.
pub(super) fn in_order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| {
        diagnostic
            .locations
            .first()
            .map(|place| (place.span.file, place.span.start))
    });
    sorted
}

fn render(diagnostic: &Diagnostic, sources: &SourceFiles, renderer: &Renderer) -> String {
    let (shown, others) = split(diagnostic);
    let mut shown = shown.into_iter();
    let level = level(diagnostic.severity).with_name(heading(diagnostic, sources));
    let mut cause = Group::with_title(level.primary_title(on_one_line(&diagnostic.message)));
    if let Some(place) = shown.next() {
        cause = cause.elements(snippet(place, place.label.as_deref(), sources));
    }
    let others: Vec<String> = others
        .iter()
        .filter_map(|place| position(place.span, sources))
        .collect();
    if !others.is_empty() {
        cause = cause.element(Level::NOTE.with_name("also at").message(others.join(", ")));
    }
    if let Some(help) = &diagnostic.help {
        cause = cause.element(Level::HELP.message(on_one_line(help)));
    }
    let groups: Vec<Group<'_>> = iter::once(cause)
        .chain(shown.filter_map(|place| further(place, sources)))
        .collect();
    renderer.render(&groups)
}

/// A place that belongs to the cause: its position, its word, its line.
fn further<'a>(place: &'a DiagnosticLocation, sources: &'a SourceFiles) -> Option<Group<'a>> {
    let level = Level::NOTE.with_name(format!("{}: note", position(place.span, sources)?));
    let title = level.secondary_title(place.label.as_deref().unwrap_or_default());
    Some(Group::with_title(title).elements(snippet(place, None, sources)))
}

/// The places that are shown with their line, the first and those that bear a word, and the others.
fn split(diagnostic: &Diagnostic) -> (Vec<&DiagnosticLocation>, Vec<&DiagnosticLocation>) {
    let mut shown = 0;
    diagnostic.locations.iter().partition(|place| {
        let is_shown = shown == 0 || (place.label.is_some() && shown < MOST_EXCERPTS);
        shown += usize::from(is_shown);
        is_shown
    })
}

fn snippet<'a>(
    place: &DiagnosticLocation,
    label: Option<&'a str>,
    sources: &SourceFiles,
) -> Option<Snippet<'a, Annotation<'a>>> {
    if place.is_confidential {
        return None;
    }
    let source = sources.files.get(place.span.file.0 as usize)?;
    let Excerpt { text, marked } = excerpt(&source.text, place.span)?;
    let annotation = AnnotationKind::Primary.span(marked).label(label);
    let snippet = Snippet::source(text).line_start(place.span.line as usize);
    Some(snippet.annotation(annotation))
}

fn heading(diagnostic: &Diagnostic, sources: &SourceFiles) -> String {
    let word = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    match diagnostic
        .locations
        .first()
        .and_then(|place| position(place.span, sources))
    {
        Some(position) => format!("{position}: {word}"),
        None => word.to_owned(),
    }
}

fn position(span: Span, sources: &SourceFiles) -> Option<String> {
    let source = sources.files.get(span.file.0 as usize)?;
    Some(format!("{}:{}:{}", source.name, span.line, span.column))
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// A text without what would move the cursor: a name in it may hold a line break.
pub fn on_one_line(text: &str) -> String {
    text.chars().flat_map(printable).collect()
}

/// A character as it is, or its escape if it would move the cursor, begin a line for some reader, or turn the direction.
fn printable(character: char) -> Vec<char> {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match character.is_control() || turns {
        true => character.escape_default().collect(),
        false => vec![character],
    }
}
