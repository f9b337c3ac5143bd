use super::diagnostics::DocumentDiagnostics;
use super::legacy_paths::{TildePathError, migrate_path};
use crate::{NamedSpanTree, SpanChildren};
use json::{Object, Value};
use schema::{Kind, LegacyConversion};
use yaml::{Diagnostic, DiagnosticCode, Span};

/// Migrates the fields of an entity of an older format, with a note for each value that changes.
pub(super) fn migrate_legacy_fields(
    kind: &Kind,
    body: &mut Object,
    spans: &[NamedSpanTree],
    entity: Span,
    diagnostics: &mut DocumentDiagnostics,
) {
    for legacy_field in &kind.legacy_fields {
        let Some(value) = body.get_mut(&legacy_field.field) else {
            continue;
        };
        let field = spans.iter().find(|field| *field.name == *legacy_field.field);
        match legacy_field.how {
            LegacyConversion::RoutePaths => {
                for (index, path) in value.as_array_mut().into_iter().flatten().enumerate() {
                    migrate_route_path(path, member_span(field, index).unwrap_or(entity), diagnostics);
                }
            }
        }
    }
}

fn migrate_route_path(value: &mut Value, span: Span, diagnostics: &mut DocumentDiagnostics) {
    let Value::String(path) = value else { return };
    match migrate_path(path) {
        Ok(modern) if modern == *path => {}
        Ok(modern) => {
            diagnostics.add(
                Diagnostic::note(
                    DiagnosticCode::PathBroughtForward,
                    format!("the path '{path}' of the older format is '{modern}' since Kong 3"),
                )
                .at(span),
            );
            *path = modern;
        }
        Err(TildePathError) => diagnostics.add(
            Diagnostic::error(
                DiagnosticCode::PathForm,
                "a path begins with `~` only since format 3.0, where it marks a regular expression",
            )
            .at(span)
            .help("write `_format_version: \"3.0\"`; then every regular expression among the paths needs its `~`"),
        ),
    }
}

fn member_span(field: Option<&NamedSpanTree>, index: usize) -> Option<Span> {
    match &field?.tree.children {
        SpanChildren::List(members) => members.get(index).map(|member| member.span),
        _ => None,
    }
}
