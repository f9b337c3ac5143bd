use uuid::Uuid;

use super::Fingerprinter;
use super::key::key_part;
use super::live_index::foreign_key_id;
use json::Object;
use schema::{Catalog, KindId};

/// The name of an entity in reports, without its kind: `my-secret`, `cors for service s and route r`. Secret names are
/// shown as fingerprints. `name_of` says the names of other entities.
pub(super) fn entity_title(
    catalog: &Catalog,
    id: KindId,
    entity: (Uuid, &Object),
    fingerprinter: &Fingerprinter,
    name_of: impl Fn(KindId, Uuid) -> Option<String>,
) -> String {
    let kind = catalog.kind(id);
    let name = entity_name(catalog, id, entity, fingerprinter);
    let named = kind.title.of.iter().filter_map(|field| {
        let foreign = kind.foreign_fields.iter().find(|foreign| foreign.field == *field)?;
        let to = foreign_key_id(entity.1, field)?;
        let word = &catalog.kind(foreign.kind).name;
        Some(format!(
            "{word} {}",
            name_of(foreign.kind, to)
                .filter(|_| !kind.title.by_id)
                .unwrap_or_else(|| to.to_string())
        ))
    });
    let named: Vec<String> = named.collect();
    match &kind.title.otherwise {
        _ if !named.is_empty() => format!("{name} for {}", named.join(" and ")),
        Some(otherwise) => format!("{name} {otherwise}"),
        None => name,
    }
}

/// The name of an entity alone: the first field of the kind's title that is set, or the id.
pub(super) fn entity_name(
    catalog: &Catalog,
    id: KindId,
    (entity, body): (Uuid, &Object),
    fingerprinter: &Fingerprinter,
) -> String {
    let kind = catalog.kind(id);
    let mut fields = kind.title.fields.iter();
    let named = fields.find_map(|field| {
        let value = body.get(field).filter(|value| !value.is_null())?;
        let linked = kind.foreign_fields.iter().any(|foreign| foreign.field == *field);
        let secret = kind.record.get(field).is_some_and(|field| field.secret);
        match secret && !linked {
            true => Some(format!("<secret {}>", fingerprinter.fingerprint(value))),
            false => key_part(value).map(|text| text.into_owned()),
        }
    });
    named.unwrap_or_else(|| entity.to_string())
}
