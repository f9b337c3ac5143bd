use std::collections::BTreeSet;

use super::diagnostics::DocumentDiagnostics;
use super::phrases::with_article;
use crate::{DeclaredEntity, DesiredState, ForeignKeyTarget};
use json::Value;
use schema::Catalog;
use yaml::{Diagnostic, DiagnosticCode};

/// Reports what `--filter-tag` would leave half done: an entity without the tags, nested in one that bears them.
pub(super) fn check_filter_tags(desired: &DesiredState, catalog: &Catalog, diagnostics: &mut DocumentDiagnostics) {
    let Some(tags) = &desired.filter_tags else { return };
    for entity in &desired.entities {
        if !catalog.kind(entity.kind).taggable || has_tags(entity, tags) {
            continue;
        }
        let parents = entity
            .foreign_keys
            .iter()
            .filter_map(|foreign_key| match foreign_key.target {
                ForeignKeyTarget::Parent(parent) => Some(desired.entity(parent)),
                _ => None,
            });
        for parent in parents {
            if catalog.kind(parent.kind).taggable && has_tags(parent, tags) {
                diagnostics.add(untagged_child_error(entity, parent, tags, catalog));
            }
        }
    }
}

fn untagged_child_error(
    entity: &DeclaredEntity,
    parent: &DeclaredEntity,
    tags: &BTreeSet<String>,
    catalog: &Catalog,
) -> Diagnostic {
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    Diagnostic::error(
        DiagnosticCode::FilterTag,
        format!(
            "this {} stands within {} that --filter-tag selects, but does not bear {} itself",
            catalog.kind(entity.kind).name,
            with_article(&catalog.kind(parent.kind).name),
            tags.join(", "),
        ),
    )
    .at(entity.location.span)
    .help(format!(
        "give it the tags too (`tags: [{}]`), or move it to the top of the file",
        tags.join(", ")
    ))
}

fn has_tags(entity: &DeclaredEntity, tags: &BTreeSet<String>) -> bool {
    let own = entity.body.expose().get("tags").and_then(Value::as_array);
    tags.iter()
        .all(|tag| own.is_some_and(|own| own.iter().any(|known| known.as_str() == Some(tag))))
}
