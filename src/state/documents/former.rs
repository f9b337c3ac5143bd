use super::paths::{BeginsWithTilde, modern};
use super::problems::Problems;
use crate::{NamedPlace, Parts};
use json::{Object, Value};
use schema::{FormerHow, Kind};
use yaml::{Diagnostic, Span};

/// Brings the fields of an entity of an older format to today's form, with a note for each value that changes.
pub(super) fn bring_forward(
    kind: &Kind,
    body: &mut Object,
    places: &[NamedPlace],
    entity: Span,
    problems: &mut Problems,
) {
    for former in &kind.former {
        let Some(value) = body.get_mut(&former.field) else {
            continue;
        };
        let place = places.iter().find(|place| *place.name == *former.field);
        match former.how {
            FormerHow::RoutePaths => {
                for (index, path) in value.as_array_mut().into_iter().flatten().enumerate() {
                    route_path(path, member(place, index).unwrap_or(entity), problems);
                }
            }
        }
    }
}

fn route_path(value: &mut Value, span: Span, problems: &mut Problems) {
    let Value::String(path) = value else { return };
    match modern(path) {
        Ok(modern) if modern == *path => {}
        Ok(modern) => {
            problems.tell(
                Diagnostic::note(
                    "path-brought-forward",
                    format!("the path '{path}' of the older format is '{modern}' since Kong 3"),
                )
                .at(span),
            );
            *path = modern;
        }
        Err(BeginsWithTilde) => problems.tell(
            Diagnostic::error(
                "path-form",
                "a path begins with `~` only since format 3.0, where it marks a regular expression",
            )
            .at(span)
            .help("write `_format_version: \"3.0\"`; then every regular expression among the paths needs its `~`"),
        ),
    }
}

fn member(place: Option<&NamedPlace>, index: usize) -> Option<Span> {
    match &place?.value.parts {
        Parts::List(members) => members.get(index).map(|member| member.span),
        _ => None,
    }
}
