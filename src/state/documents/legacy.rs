use super::diagnostics::DocumentDiagnostics;
use super::legacy_paths::{TildePathError, migrate_path};
use crate::{NamedSpanTree, SpanChildren};
use json::{Object, Value};
use schema::{Kind, LegacyConversion};
use yaml::{Diagnostic, DiagnosticCode, Span};

/// Brings the fields of an entity of an older format to today's form, with a note for each value that changes.
pub(super) fn migrate_legacy_fields(
    kind: &Kind,
    body: &mut Object,
    places: &[NamedSpanTree],
    entity: Span,
    problems: &mut DocumentDiagnostics,
) {
    for former in &kind.legacy_fields {
        let Some(value) = body.get_mut(&former.field) else {
            continue;
        };
        let place = places.iter().find(|place| *place.name == *former.field);
        match former.how {
            LegacyConversion::RoutePaths => {
                for (index, path) in value.as_array_mut().into_iter().flatten().enumerate() {
                    migrate_route_path(path, member_span(place, index).unwrap_or(entity), problems);
                }
            }
        }
    }
}

fn migrate_route_path(value: &mut Value, span: Span, problems: &mut DocumentDiagnostics) {
    let Value::String(path) = value else { return };
    match migrate_path(path) {
        Ok(modern) if modern == *path => {}
        Ok(modern) => {
            problems.add(
                Diagnostic::note(
                    DiagnosticCode::PathBroughtForward,
                    format!("the path '{path}' of the older format is '{modern}' since Kong 3"),
                )
                .at(span),
            );
            *path = modern;
        }
        Err(TildePathError) => problems.add(
            Diagnostic::error(
                DiagnosticCode::PathForm,
                "a path begins with `~` only since format 3.0, where it marks a regular expression",
            )
            .at(span)
            .help("write `_format_version: \"3.0\"`; then every regular expression among the paths needs its `~`"),
        ),
    }
}

fn member_span(place: Option<&NamedSpanTree>, index: usize) -> Option<Span> {
    match &place?.tree.children {
        SpanChildren::List(members) => members.get(index).map(|member| member.span),
        _ => None,
    }
}
