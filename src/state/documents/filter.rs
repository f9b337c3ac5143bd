use std::collections::BTreeSet;

use super::problems::Problems;
use super::words::a;
use crate::{Declared, Desired, LinkTo};
use json::Value;
use schema::Catalog;
use yaml::Diagnostic;

/// Refuses what `--filter-tag` would leave half done: an entity without the tags, nested in one that bears them.
pub(super) fn check(desired: &Desired, catalog: &Catalog, problems: &mut Problems) {
    let Some(tags) = &desired.filter else { return };
    for entity in &desired.entities {
        if !catalog.kind(entity.kind).taggable || bears(entity, tags) {
            continue;
        }
        let parents = entity.links.iter().filter_map(|link| match link.to {
            LinkTo::Declared(parent) => Some(desired.entity(parent)),
            _ => None,
        });
        for parent in parents {
            if catalog.kind(parent.kind).taggable && bears(parent, tags) {
                problems.tell(half(entity, parent, tags, catalog));
            }
        }
    }
}

fn half(entity: &Declared, parent: &Declared, tags: &BTreeSet<String>, catalog: &Catalog) -> Diagnostic {
    let words: Vec<&str> = tags.iter().map(String::as_str).collect();
    Diagnostic::error(
        "filter-tag",
        format!(
            "this {} stands within {} that --filter-tag selects, but does not bear {} itself",
            catalog.kind(entity.kind).name,
            a(&catalog.kind(parent.kind).name),
            words.join(", "),
        ),
    )
    .at(entity.source.span)
    .help(format!(
        "give it the tags too (`tags: [{}]`), or move it to the top of the file",
        words.join(", ")
    ))
}

fn bears(entity: &Declared, tags: &BTreeSet<String>) -> bool {
    let own = entity.body.expose().get("tags").and_then(Value::as_array);
    tags.iter()
        .all(|tag| own.is_some_and(|own| own.iter().any(|known| known.as_str() == Some(tag))))
}
