use crate::control_plane::{Live, Wanted};
use crate::schema::{Catalog, KindId, Object};
use crate::state::{Desired, Diagnostic};

/// The schemas of all that the documents declare.
pub fn wanted(catalog: &Catalog, desired: &Desired) -> Wanted {
    let declared = desired.entities.iter();
    wanted_for(
        catalog,
        declared.map(|declared| (declared.kind, declared.body.expose())),
    )
}

/// The schemas of those entities.
pub fn wanted_for<'a>(catalog: &Catalog, entities: impl Iterator<Item = (KindId, &'a Object)>) -> Wanted {
    let mut wanted = Wanted::default();
    for (kind, body) in entities {
        let kind = catalog.kind(kind);
        wanted.entities.insert(kind.collection.clone());
        let Some(subschemas) = &kind.subschemas else { continue };
        let Some(name) = body.get(&subschemas.by).and_then(|name| name.as_str()) else {
            continue;
        };
        match subschemas.family.as_str() {
            "plugins" => wanted.plugins.insert(name.to_owned()),
            "vaults" => wanted.vaults.insert(name.to_owned()),
            _ => continue,
        };
    }
    wanted
}

/// The path of a kind that the documents declare and the token may not read: whether such entities exist is not known,
/// so that nothing can be planned for them.
pub fn declared_but_forbidden(catalog: &Catalog, desired: &Desired, live: &Live) -> Option<String> {
    let mut declared = desired.entities.iter().map(|declared| declared.kind);
    let forbidden = declared.find(|kind| live.forbidden.contains(kind))?;
    Some(format!("/{}", catalog.kind(forbidden).path))
}

/// What the token may not read: checks that would need it are not made.
pub fn unseen(catalog: &Catalog, live: &Live) -> Option<Diagnostic> {
    let kinds: Vec<&str> = live
        .forbidden
        .iter()
        .map(|kind| catalog.kind(*kind).collection.as_str())
        .collect();
    let message = format!(
        "the token may not read {}: what they hold is left alone and not checked",
        kinds.join(", ")
    );
    (!kinds.is_empty()).then(|| Diagnostic::note("forbidden", message))
}
