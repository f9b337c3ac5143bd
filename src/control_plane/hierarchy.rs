use uuid::Uuid;

use json::Object;
use schema::{ForeignField, Kind};

/// The foreign key on whose path entities of a kind live, if they have no path of their own.
pub(crate) fn parent_foreign_key(kind: &Kind) -> Option<&ForeignField> {
    let field = kind.parent.as_ref()?;
    kind.foreign_fields.iter().find(|foreign| &foreign.field == field)
}

/// The foreign key to the entity that decides, for a kind without tags, which scope an entity is in.
pub(crate) fn owner_foreign_key(kind: &Kind) -> Option<&ForeignField> {
    parent_foreign_key(kind).or_else(|| {
        kind.foreign_fields
            .iter()
            .find(|foreign| foreign.required && !foreign.is_list)
    })
}

/// The id that a foreign key holds.
pub(crate) fn referenced_id(foreign: &ForeignField, body: &Object) -> Option<Uuid> {
    body.get(&foreign.field)?.get("id")?.as_str()?.parse().ok()
}
