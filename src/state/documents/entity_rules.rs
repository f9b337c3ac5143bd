use super::entity::EntityReader;
use crate::{NamedSpanTree, Scope};
use json::{Object, Value};
use schema::{FieldPath, Kind};
use yaml::{Diagnostic, DiagnosticCode};

impl EntityReader<'_> {
    /// Reports values that are declared to be hashed already where they would be hashed again.
    pub(super) fn reject_hashed_values(&mut self, kind: &Kind, body: &Object, spans: &[NamedSpanTree]) {
        let (Some(hashed), Some(transform)) = (&kind.hashed_field, self.document.no_transform) else {
            return;
        };
        let when = hashed.when.as_ref();
        let would_hash = when.is_none_or(|when| body.get(when) == Some(&Value::Bool(true)));
        let Some(field) = spans.iter().find(|field| *field.name == *hashed.field) else {
            return;
        };
        if would_hash {
            self.diagnostics.add(
                Diagnostic::error(
                    DiagnosticCode::Transform,
                    format!(
                        "`_transform: false` says that the {} is hashed already, and the Admin API would hash it again",
                        hashed.field
                    ),
                )
                .at_secret(field.name_span)
                .at(transform)
                .label("said here")
                .help("write the plain value (from a variable: `${{ env \"DECK_…\" }}`) and leave `_transform` out"),
            );
        }
    }
}

/// Adds the tags of the scope to those of an entity.
pub(super) fn add_scope_tags(kind: &Kind, body: &mut Object, scope: &Scope) {
    if !kind.taggable || scope.tags.is_empty() {
        return;
    }
    let tags = body.get_or_null("tags");
    if tags.is_null() {
        *tags = Value::Array(Vec::new());
    }
    if let Value::Array(tags) = tags {
        for tag in &scope.tags {
            if !tags.iter().any(|known| known.as_str() == Some(tag)) {
                tags.push(Value::String(tag.clone()));
            }
        }
    }
}

/// Whether a field identifies the entity, so that it is no secret wherever its value came from.
pub(super) fn is_identity_field(kind: &Kind, path: &FieldPath) -> bool {
    let Some(top) = path.top_field() else { return false };
    let is_key = kind
        .identity
        .iter()
        .flatten()
        .chain(&kind.endpoint_key)
        .any(|field| field == top);
    top == "tags" || is_key && !kind.record.get(top).is_some_and(|field| field.secret)
}
