use uuid::Uuid;

use super::DumpBuilder;
use super::nesting::foreign_key_id;
use super::redact::redact_secrets;
use crate::report::deck_shape::{drop_defaults, drop_nulls};
use json::{Object, Value, json};
use schema::{ForeignField, Kind, KindId, NestedList, canonicalize};

impl DumpBuilder<'_> {
    /// An entity as a file declares it, with those nested in it. `nest` is the list that it is in.
    pub(super) fn build_entity(&self, kind: KindId, id: Uuid, nest: Option<&NestedList>) -> Object {
        let Some(entity) = self.owned.get(&(kind, id)) else {
            return Object::new();
        };
        let mut body = self.shape_body(kind, entity.body.expose());
        if self.options.hide_secrets {
            redact_secrets(self.catalog, kind, &mut body);
        }
        if let Some(reference) = nest.and_then(|nest| self.as_bare_reference(kind, nest, &body)) {
            return reference;
        }
        self.replace_ids_with_names(self.catalog.kind(kind), nest, &mut body);
        if self.needs_id(kind, id) {
            body.insert("id", id.to_string().into());
        }
        body.extend(self.build_nested(kind, id));
        body
    }

    /// The fields that decK shows; all of them if those would read back as something else.
    fn shape_body(&self, id: KindId, live: &Object) -> Object {
        let kind = self.catalog.kind(id);
        let mut whole = live.clone();
        whole.retain(|name, _| name != "id" && !is_server_managed(kind, name));
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

    /// The member of a list of mere references, if `nest` is one.
    fn as_bare_reference(&self, kind: KindId, nest: &NestedList, body: &Object) -> Option<Object> {
        let field = nest.reference_field.as_ref()?;
        let foreign = self
            .catalog
            .kind(kind)
            .foreign_fields
            .iter()
            .find(|foreign| foreign.field == *field)?;
        let id = foreign_key_id(body.get(field)?)?;
        let key = self.catalog.kind(foreign.kind).endpoint_key.as_deref();
        let (key, name) = match key.zip(self.names.get(foreign.kind, id)) {
            Some((key, name)) => (key, name.clone()),
            None => ("id", id.to_string()),
        };
        Some(Object::from_iter([(key.to_owned(), name.into())]))
    }

    fn replace_ids_with_names(&self, kind: &Kind, nest: Option<&NestedList>, body: &mut Object) {
        if let Some(nest) = nest {
            body.remove(&nest.field);
        }
        for foreign in kind.foreign_fields.iter().filter(|foreign| !foreign.is_list) {
            if let Some(id) = body.get(&foreign.field).and_then(foreign_key_id) {
                body.insert(foreign.field.clone(), self.reference_value(kind, foreign, id));
            }
        }
    }

    /// A foreign key as decK writes it: text in kinds with several (plugins), else a record.
    fn reference_value(&self, kind: &Kind, foreign: &ForeignField, id: Uuid) -> Value {
        let key = self.catalog.kind(foreign.kind).endpoint_key.as_deref();
        let name = key.zip(self.names.get(foreign.kind, id));
        let has_several = kind.foreign_fields.iter().filter(|foreign| !foreign.is_list).count() > 1;
        match (has_several, name) {
            (true, Some((_, name))) => json!(name),
            (true, None) => id.to_string().into(),
            (false, Some((key, name))) => json!({ key: name }),
            (false, None) => json!({ "id": id.to_string() }),
        }
    }
}

/// Whether a field is set by the server, or lists entities that a file nests.
fn is_server_managed(kind: &Kind, name: &str) -> bool {
    let is_named = |field: &String| field == name;
    kind.server_only.iter().any(is_named)
        || kind.preserved.iter().any(is_named)
        || kind
            .child_names
            .as_ref()
            .is_some_and(|children| is_named(&children.field))
}
