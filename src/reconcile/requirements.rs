use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use control_plane::{ReadError, SchemaRequest};
use json::{Object, prefetch_chunked};
use plan::LiveState;
use schema::{Catalog, KindId};
use state::DesiredState;
use yaml::{Diagnostic, DiagnosticCode};

/// The schemas of all that the documents declare.
pub(crate) fn schemas_for_state(catalog: &Catalog, desired: &DesiredState) -> SchemaRequest {
    let declared = prefetch_chunked(&desired.entities, |declared| Some(declared.body.expose()));
    schemas_for_entities(
        catalog,
        declared.map(|declared| (declared.kind, declared.body.expose())),
    )
}

/// The schemas of those entities.
pub(crate) fn schemas_for_entities<'a>(
    catalog: &Catalog,
    entities: impl Iterator<Item = (KindId, &'a Object)>,
) -> SchemaRequest {
    let mut names_by_kind: BTreeMap<KindId, FxHashSet<&str>> = BTreeMap::new();
    for (kind, body) in entities {
        let names = names_by_kind.entry(kind).or_default();
        let subschemas = catalog.kind(kind).subschemas.as_ref();
        names.extend(subschemas.and_then(|subschemas| body.get(&subschemas.by)?.as_str()));
    }
    let mut request = SchemaRequest::default();
    for (kind, names) in names_by_kind {
        let kind = catalog.kind(kind);
        request.entities.insert(kind.collection.clone());
        let family = kind.subschemas.as_ref().map(|subschemas| subschemas.family.as_str());
        let names = names.into_iter().map(str::to_owned);
        match family {
            Some("plugins") => request.plugins.extend(names),
            Some("vaults") => request.vaults.extend(names),
            _ => {}
        }
    }
    request
}

/// Every declared kind must be readable: else it is not known which entities exist, and nothing can be planned.
pub(crate) fn require_readable(catalog: &Catalog, desired: &DesiredState, live: &LiveState) -> Result<(), ReadError> {
    let mut declared = desired.entities.iter().map(|declared| declared.kind);
    match declared.find(|kind| live.forbidden.contains(kind)) {
        Some(kind) => Err(ReadError::Forbidden {
            path: format!("/{}", catalog.kind(kind).path),
        }),
        None => Ok(()),
    }
}

/// Notes what the token may not read: checks that would need it are not made.
pub(crate) fn forbidden_kinds_note(catalog: &Catalog, live: &LiveState) -> Option<Diagnostic> {
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
