use std::fmt;

use json::{Object, Value};

/// The body of an entity, secrets included: readable through [`EntityBody::expose`] alone, which finds every use.
///
/// It has no `Display` and no `Serialize`, and `Debug` names its fields only.
#[derive(Clone, Default, PartialEq)]
pub struct EntityBody(Object);

impl EntityBody {
    /// Wraps an object that may hold secrets.
    pub fn new(fields: Object) -> Self {
        Self(fields)
    }

    /// The fields with their values. Whoever calls this must not show, log or save them.
    pub fn expose(&self) -> &Object {
        &self.0
    }

    /// The fields with their values, to be changed.
    pub fn expose_mut(&mut self) -> &mut Object {
        &mut self.0
    }
}

/// The tags that an entity of that body bears.
pub fn entity_tags(body: &Object) -> impl Iterator<Item = &str> {
    let tags = body.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(Value::as_str)
}

impl fmt::Debug for EntityBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
