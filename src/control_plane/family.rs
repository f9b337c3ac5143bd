use uuid::Uuid;

use json::Object;
use schema::{Foreign, Kind};

/// The foreign key on whose path entities of a kind live, if they have no path of their own.
pub fn parent(kind: &Kind) -> Option<&Foreign> {
    let field = kind.parent.as_ref()?;
    kind.foreign.iter().find(|foreign| &foreign.field == field)
}

/// The foreign key through which entities of a kind that bears no tags belong to a scope.
pub fn owner(kind: &Kind) -> Option<&Foreign> {
    parent(kind).or_else(|| kind.foreign.iter().find(|foreign| foreign.required && !foreign.list))
}

/// The id that a foreign key holds.
pub fn points_at(foreign: &Foreign, body: &Object) -> Option<Uuid> {
    body.get(&foreign.field)?.get("id")?.as_str()?.parse().ok()
}
