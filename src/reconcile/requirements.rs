use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use control_plane::SchemaRequest;
use json::{Object, prefetch_chunked};
use plan::LiveState;
use schema::{Catalog, KindId};
use state::DesiredState;
use yaml::{Diagnostic, DiagnosticCode};

/// The schemas of all that the documents declare.
pub fn schemas_for_state(catalog: &Catalog, desired: &DesiredState) -> SchemaRequest {
    let declared = prefetch_chunked(&desired.entities, |declared| Some(declared.body.expose()));
    schemas_for_entities(
        catalog,
        declared.map(|declared| (declared.kind, declared.body.expose())),
    )
}

/// The schemas of those entities.
pub fn schemas_for_entities<'a>(
    catalog: &Catalog,
    entities: impl Iterator<Item = (KindId, &'a Object)>,
) -> SchemaRequest {
    let mut named: BTreeMap<KindId, FxHashSet<&str>> = BTreeMap::new();
    for (kind, body) in entities {
        let names = named.entry(kind).or_default();
        let subschemas = catalog.kind(kind).subschemas.as_ref();
        names.extend(subschemas.and_then(|subschemas| body.get(&subschemas.by)?.as_str()));
    }
    let mut wanted = SchemaRequest::default();
    for (kind, names) in named {
        let kind = catalog.kind(kind);
        wanted.entities.insert(kind.collection.clone());
        let family = kind.subschemas.as_ref().map(|subschemas| subschemas.family.as_str());
        let names = names.into_iter().map(str::to_owned);
        match family {
            Some("plugins") => wanted.plugins.extend(names),
            Some("vaults") => wanted.vaults.extend(names),
            _ => {}
        }
    }
    wanted
}

/// The path of a kind that the documents declare and the token may not read: whether such entities exist is not known,
/// so that nothing can be planned for them.
pub fn find_forbidden_path(catalog: &Catalog, desired: &DesiredState, live: &LiveState) -> Option<String> {
    let mut declared = desired.entities.iter().map(|declared| declared.kind);
    let forbidden = declared.find(|kind| live.forbidden.contains(kind))?;
    Some(format!("/{}", catalog.kind(forbidden).path))
}

/// What the token may not read: checks that would need it are not made.
pub fn forbidden_kinds_note(catalog: &Catalog, live: &LiveState) -> Option<Diagnostic> {
    let kinds: Vec<&str> = live
        .forbidden
        .iter()
        .map(|kind| catalog.kind(*kind).collection.as_str())
        .collect();
    let message = format!(
        "the token may not read {}: what they hold is left alone and not checked",
        kinds.join(", ")
    );
    (!kinds.is_empty()).then(|| Diagnostic::note(DiagnosticCode::Forbidden, message))
}
