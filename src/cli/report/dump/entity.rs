use uuid::Uuid;

use super::Dump;
use super::secrets::hide;
use super::tree::reference;
use crate::report::shape::{drop_defaults, drop_nulls};
use json::{Object, Value, json};
use schema::{ForeignField, Kind, KindId, NestedList, canonicalize};

impl Dump<'_> {
    /// One entity as a file declares it, with what is nested in it. `nest` is the list in which it is itself.
    pub(super) fn entity(&self, kind: KindId, id: Uuid, nest: Option<&NestedList>) -> Object {
        let Some(entity) = self.owned.get(&(kind, id)) else {
            return Object::new();
        };
        let mut body = self.shaped(kind, entity.body.expose());
        if self.options.hide_secrets {
            hide(self.catalog, kind, &mut body);
        }
        if let Some(name) = nest.and_then(|nest| self.only_a_name(kind, nest, &body)) {
            return name;
        }
        self.name_what_it_refers_to(self.catalog.kind(kind), nest, &mut body);
        if self.needs_id(kind, id) {
            body.insert("id", id.to_string().into());
        }
        body.extend(self.nested_in(kind, id));
        body
    }

    /// The fields that decK shows; more where fewer would read back as something else.
    fn shaped(&self, id: KindId, live: &Object) -> Object {
        let kind = self.catalog.kind(id);
        let mut whole = live.clone();
        whole.retain(|name, _| name != "id" && !is_servers(kind, name));
        let mut shaped = whole.clone();
        if self.options.skip_defaults {
            drop_defaults(&self.catalog.record(id, live), &mut shaped);
        }
        drop_nulls(&kind.record, &mut shaped);
        if canonicalize(self.catalog, id, &shaped) == canonicalize(self.catalog, id, &whole) {
            return shaped;
        }
        whole
    }

    fn needs_id(&self, kind: KindId, id: Uuid) -> bool {
        self.options.with_id || self.catalog.kind(kind).rotation.is_some() || self.ambiguous.contains(&(kind, id))
    }

    /// The entity as a list has it whose members only name what they refer to.
    fn only_a_name(&self, kind: KindId, nest: &NestedList, body: &Object) -> Option<Object> {
        let field = nest.reference_field.as_ref()?;
        let foreign = self
            .catalog
            .kind(kind)
            .foreign_fields
            .iter()
            .find(|foreign| foreign.field == *field)?;
        let id = reference(body.get(field)?)?;
        let key = self.catalog.kind(foreign.kind).endpoint_key.as_deref();
        let (key, name) = match key.zip(self.names.get(foreign.kind, id)) {
            Some((key, name)) => (key, name.clone()),
            None => ("id", id.to_string()),
        };
        Some(Object::from_iter([(key.to_owned(), name.into())]))
    }

    fn name_what_it_refers_to(&self, kind: &Kind, nest: Option<&NestedList>, body: &mut Object) {
        if let Some(nest) = nest {
            body.remove(&nest.field);
        }
        for foreign in kind.foreign_fields.iter().filter(|foreign| !foreign.is_list) {
            if let Some(id) = body.get(&foreign.field).and_then(reference) {
                body.insert(foreign.field.clone(), self.referred(kind, foreign, id));
            }
        }
    }

    /// A foreign key as decK writes it: text where several say what the entity belongs to (a plugin), else a record.
    fn referred(&self, kind: &Kind, foreign: &ForeignField, id: Uuid) -> Value {
        let key = self.catalog.kind(foreign.kind).endpoint_key.as_deref();
        let name = key.zip(self.names.get(foreign.kind, id));
        let several = kind.foreign_fields.iter().filter(|foreign| !foreign.is_list).count() > 1;
        match (several, name) {
            (true, Some((_, name))) => json!(name),
            (true, None) => id.to_string().into(),
            (false, Some((key, name))) => json!({ key: name }),
            (false, None) => json!({ "id": id.to_string() }),
        }
    }
}

/// Whether a field is the server's own, or stands for entities that a file nests.
fn is_servers(kind: &Kind, name: &str) -> bool {
    let is = |field: &String| field == name;
    kind.server_only.iter().any(is)
        || kind.preserved.iter().any(is)
        || kind.child_names.as_ref().is_some_and(|children| is(&children.field))
}
