use std::sync::Arc;

use serde_json::Value;

use super::document::{Document, first_key};
use super::former;
use super::link::{self, id};
use super::merge::fill;
use super::problems::Problems;
use super::shared::Shared;
use super::value::{Trail, Values, Wanted, named};
use crate::schema::{Catalog, FieldType, Foreign, Kind, KindId, Nest, Object, Record};
use crate::state::{
    Body, Data, Declared, DeclaredId, Diagnostic, Entry, Link, LinkTo, NamedPlace, Node, Parts, Places, Scope, ScopeId,
    Source, Span, nearest,
};

/// Reads the entities of one document into the desired state.
pub(super) struct Entities<'a> {
    /// What kinds there are.
    pub catalog: &'a Catalog,
    /// The document: its format, and whether its hashes stay.
    pub document: &'a Document,
    /// What the documents of its scope share.
    pub shared: &'a Shared,
    /// Its scope.
    pub scope: (ScopeId, &'a Scope),
    /// The entities read so far.
    pub entities: &'a mut Vec<Declared>,
    /// What is wrong.
    pub problems: &'a mut Problems,
}

/// The entity that another is nested in, and the field that the nesting stands for.
#[derive(Clone, Copy)]
struct Parent<'a> {
    id: DeclaredId,
    field: &'a str,
}

/// An entity half read.
#[derive(Default)]
struct Draft<'a> {
    id: Option<uuid::Uuid>,
    body: Object,
    links: Vec<Link>,
    places: Vec<NamedPlace>,
    nested: Vec<(&'a Nest, Node)>,
    secrets: std::collections::BTreeSet<crate::schema::FieldPath>,
}

impl<'a> Entities<'a> {
    /// Reads the list of entities of a kind that stands at the top of the document.
    pub fn list(&mut self, kind: KindId, entry: Entry) {
        for member in self.members(&entry.key, entry.value) {
            self.entity(kind, member, None);
        }
    }

    fn nested(&mut self, nest: &'a Nest, list: Node, parent: DeclaredId) {
        let within = Parent {
            id: parent,
            field: &nest.field,
        };
        for member in self.members(&nest.key, list) {
            match &nest.refers {
                Some(field) => self.membership(nest.kind, field, member, within),
                None => self.entity(nest.kind, member, Some(within)),
            }
        }
    }

    /// The members of what must be a list or nothing.
    fn members(&mut self, key: &str, list: Node) -> Vec<Node> {
        match list.data {
            Data::List(members) => members,
            Data::Null => Vec::new(),
            _ => {
                self.problems.tell(
                    Diagnostic::error("wrong-type", format!("`{key}` is {}; expected a list", list.word()))
                        .at(first_key(&list))
                        .help(format!("begin each of the {key} with `- `")),
                );
                Vec::new()
            }
        }
    }

    /// An entity that is nothing but a tie between two others, written as the name of one nested in the other.
    fn membership(&mut self, kind: KindId, field: &str, member: Node, parent: Parent<'a>) {
        let known = self.catalog.kind(kind);
        let Some(foreign) = known.foreign.iter().find(|foreign| foreign.field == field) else {
            return;
        };
        let span = first_key(&member);
        let Some(name) = link::one(self.catalog.kind(foreign.kind), &member, self.problems) else {
            return;
        };
        let mut draft = Draft::default();
        draft.links.push(Link {
            field: field.to_owned(),
            to: LinkTo::Named(name),
            span,
        });
        self.finish(kind, draft, span, Some(parent));
    }

    fn entity(&mut self, kind_id: KindId, node: Node, parent: Option<Parent<'a>>) {
        let catalog = self.catalog;
        let kind = catalog.kind(kind_id);
        let Some(mut node) = self.as_map(kind, node, parent) else {
            return;
        };
        let span = place_of(kind, &node);
        self.fill_in(kind_id, kind, &mut node);
        let record = self.record(kind_id, kind, &node);
        let mut draft = Draft::default();
        let Data::Map(entries) = node.data else { return };
        for entry in entries {
            self.field(kind, &record, entry, &mut draft);
        }
        self.finish(kind_id, draft, span, parent);
    }

    /// The map that declares an entity. A text stands for it where the parent has a field that lists its children by name.
    fn as_map(&mut self, kind: &Kind, node: Node, parent: Option<Parent>) -> Option<Node> {
        let by_name = parent.is_some_and(|parent| {
            let outer = self.catalog.kind(self.entities[parent.id.0 as usize].kind);
            let named = outer.names_children.as_ref();
            named.is_some_and(|named| self.catalog.kind(named.kind).collection == kind.collection)
        });
        match (&node.data, &kind.endpoint_key) {
            (Data::Map(_), _) => return Some(node),
            (Data::String(..), Some(key)) if by_name => {
                let span = node.span;
                let entry = Entry {
                    key: key.clone(),
                    key_span: span,
                    value: node,
                };
                return Some(Node {
                    span,
                    data: Data::Map(vec![entry]),
                    origin: crate::state::Origin::File,
                });
            }
            _ => {}
        }
        let message = format!("a {} is expected here, not {}", kind.name, node.word());
        let refusal = Diagnostic::error("wrong-type", message).at(node.span);
        self.problems.tell(match &kind.endpoint_key {
            Some(key) => refusal.help(format!("write it as a map: `- {key}: …`")),
            None => refusal.help("write it as a map"),
        });
        None
    }

    /// Merges what the documents of the scope share into an entity: named configurations, then defaults.
    fn fill_in(&mut self, kind_id: KindId, kind: &Kind, node: &mut Node) {
        self.named_config(kind, node);
        let Some(defaults) = self.shared.defaults(kind_id) else {
            return;
        };
        let spelled: Vec<&str> = node
            .entries()
            .iter()
            .filter_map(|entry| kind.record.shorthand(&entry.key)?.rules.get("into")?.as_object())
            .flat_map(|into| into.keys().map(String::as_str))
            .collect();
        if spelled.is_empty() {
            return fill(node, defaults, true);
        }
        // what a shorthand says is said: a default must not stand beside it
        let mut defaults = defaults.clone();
        if let Data::Map(entries) = &mut defaults.data {
            entries.retain(|entry| !spelled.contains(&entry.key.as_str()));
        }
        fill(node, &defaults, true);
    }

    /// Replaces `_config: NAME` by what `_plugin_configs` says of that name.
    fn named_config(&mut self, kind: &Kind, node: &mut Node) {
        let Data::Map(entries) = &mut node.data else { return };
        let Some(at) = entries.iter().position(|entry| entry.key == "_config") else {
            return;
        };
        let Some(field) = configured(kind) else { return };
        let named = entries.remove(at);
        let Some(config) = named.value.text().and_then(|name| self.shared.config(name)) else {
            self.problems.tell(no_such_config(&named, self.shared));
            return;
        };
        match entries.iter_mut().find(|entry| entry.key == field) {
            Some(own) if matches!(own.value.data, Data::Null) => own.value = config.clone(),
            Some(own) => fill(&mut own.value, config, false),
            None => entries.push(Entry {
                key: field.to_owned(),
                key_span: named.key_span,
                value: config.clone(),
            }),
        }
    }

    /// The record that describes the whole entity, known by the field that says which one.
    fn record(&self, kind_id: KindId, kind: &Kind, node: &Node) -> Arc<Record> {
        let mut by = Object::new();
        if let Some(sub) = &kind.subschemas
            && let Some(name) = node.get(&sub.by).and_then(Node::text)
        {
            by.insert(sub.by.clone(), Value::String(name.to_owned()));
        }
        self.catalog.record(kind_id, &by)
    }

    fn field(&mut self, kind: &'a Kind, record: &Record, entry: Entry, draft: &mut Draft<'a>) {
        let Entry { key, key_span, value } = entry;
        if key == "_comment" || key == "_ignore" {
            return;
        }
        if let Some(nest) = kind.nests.iter().find(|nest| nest.key == key) {
            draft.nested.push((nest, value));
            return;
        }
        let places = if key == "id" {
            draft.id = self.id(&value);
            Places::scalar(value.span)
        } else if let Some(foreign) = kind.foreign.iter().find(|foreign| foreign.field == key) {
            self.link(foreign, &value, draft)
        } else {
            let free = kind
                .record
                .get(&key)
                .is_some_and(|field| field.kind == FieldType::Abstract);
            let field = named(record, &key);
            let unknown_config = free && field.is_none_or(|field| field.kind == FieldType::Abstract);
            let mut values = Values {
                problems: self.problems,
                secrets: std::mem::take(&mut draft.secrets),
            };
            let wanted = Wanted::of(field, free, unknown_config);
            let (value, places) = values.take(value, wanted, Trail::Field(&key));
            draft.secrets = values.secrets;
            draft.body.insert(key.clone(), value);
            places
        };
        draft.places.push(NamedPlace {
            name: key.into_boxed_str(),
            key: key_span,
            value: places,
        });
    }

    fn id(&mut self, node: &Node) -> Option<uuid::Uuid> {
        let found = node.text().and_then(id);
        if found.is_none() && !matches!(node.data, Data::Null) {
            self.problems.tell(
                Diagnostic::error(
                    "wrong-type",
                    "an id is a UUID, as in 9b6ec5e2-3d0c-4b8b-9c55-4d7a4e0b7a31",
                )
                .at(node.span)
                .help("leave it out: strongroom chooses ids"),
            );
        }
        found
    }

    fn link(&mut self, foreign: &Foreign, node: &Node, draft: &mut Draft) -> Places {
        let span = node.span;
        if let Some(to) = link::link(self.catalog, foreign, node, self.problems) {
            draft.links.push(Link {
                field: foreign.field.clone(),
                to,
                span,
            });
        }
        let parts = match &node.data {
            Data::List(members) => Parts::List(members.iter().map(|member| Places::scalar(member.span)).collect()),
            _ => Parts::Scalar,
        };
        Places { span, parts }
    }

    fn finish(&mut self, kind_id: KindId, mut draft: Draft<'a>, span: Span, parent: Option<Parent<'a>>) {
        let kind = self.catalog.kind(kind_id);
        if let Some(parent) = parent {
            self.nest(&mut draft, parent, span);
        }
        if self.document.format.is_some_and(|format| format.is_old()) {
            former::bring_forward(kind, &mut draft.body, &draft.places, span, self.problems);
        }
        self.refuse_hashes(kind, &draft);
        stamp(kind, &mut draft.body, self.scope.1);
        draft.secrets.retain(|path| !names_entity(kind, path));
        let id = DeclaredId(u32::try_from(self.entities.len()).unwrap_or(u32::MAX));
        let parts = Parts::Map(draft.places);
        self.entities.push(Declared {
            kind: kind_id,
            id: draft.id,
            body: Body::new(draft.body),
            links: draft.links,
            scope: self.scope.0,
            source: Source {
                span,
                places: Arc::new(Places { span, parts }),
            },
            secrets: draft.secrets,
        });
        for (nest, list) in draft.nested {
            self.nested(nest, list, id);
        }
    }

    /// Ties a nested entity to the one it is nested in. It may say so itself, but nothing else.
    fn nest(&mut self, draft: &mut Draft, parent: Parent, span: Span) {
        let own = draft.links.iter().position(|link| link.field == parent.field);
        if let Some(own) = own.map(|at| draft.links.remove(at))
            && !self.means(&own.to, parent.id)
        {
            let outer = self.catalog.kind(self.entities[parent.id.0 as usize].kind);
            self.problems.tell(
                Diagnostic::error(
                    "nested-elsewhere",
                    format!(
                        "this stands within a {} and names another one in `{}`",
                        outer.name, parent.field
                    ),
                )
                .at(own.span)
                .help(format!(
                    "leave `{}` out, or move this to the top of the file",
                    parent.field
                )),
            );
        }
        draft.links.push(Link {
            field: parent.field.to_owned(),
            to: LinkTo::Declared(parent.id),
            span,
        });
    }

    fn means(&self, to: &LinkTo, parent: DeclaredId) -> bool {
        let outer = &self.entities[parent.0 as usize];
        let LinkTo::Named(name) = to else {
            return *to == LinkTo::Nothing;
        };
        let kind = self.catalog.kind(outer.kind);
        outer.id.is_some_and(|own| id(name) == Some(own))
            || link::names(kind).any(|key| outer.body.expose().get(key).and_then(Value::as_str) == Some(name))
    }

    /// Refuses values that are said to be hashed already where they would be hashed again.
    fn refuse_hashes(&mut self, kind: &Kind, draft: &Draft) {
        let (Some(hashed), Some(transform)) = (&kind.hashed, self.document.keeps_hashes) else {
            return;
        };
        let when = hashed.when.as_ref();
        let hashes = when.is_none_or(|when| draft.body.get(when) == Some(&Value::Bool(true)));
        let Some(place) = draft.places.iter().find(|place| *place.name == *hashed.field) else {
            return;
        };
        if hashes {
            self.problems.tell(
                Diagnostic::error(
                    "transform",
                    format!(
                        "`_transform: false` says that the {} is hashed already, and the Admin API would hash it again",
                        hashed.field
                    ),
                )
                .at_secret(place.key)
                .at(transform)
                .labelled("said here")
                .help("write the plain value (from a variable: `${{ env \"DECK_…\" }}`) and leave `_transform` out"),
            );
        }
    }
}

/// Where to point for an entity as a whole: what names it, else where it begins.
fn place_of(kind: &Kind, node: &Node) -> Span {
    let named = kind.title.fields.iter().find_map(|field| node.get(field));
    match named {
        Some(value) if !matches!(value.data, Data::List(_) | Data::Map(_) | Data::Null) => value.span,
        _ => first_key(node),
    }
}

/// The field that named configurations fill, for the kind that has them.
fn configured(kind: &Kind) -> Option<&str> {
    kind.subschemas.as_ref().filter(|sub| sub.family == "plugins")?;
    let (name, _) = kind
        .record
        .fields
        .iter()
        .find(|(_, field)| field.kind == FieldType::Abstract)?;
    Some(name)
}

fn no_such_config(named: &Entry, shared: &Shared) -> Diagnostic {
    let Some(name) = named.value.text() else {
        return Diagnostic::error(
            "wrong-type",
            format!("`_config` is {}; expected a name", named.value.word()),
        )
        .at(named.value.span);
    };
    let unknown =
        Diagnostic::error("unknown-config", format!("`_plugin_configs` has no '{name}'")).at(named.value.span);
    match nearest(name, shared.config_names()) {
        Some(near) => unknown.help(format!("did you mean '{near}'?")),
        None => unknown,
    }
}

/// Adds the tags of the scope to those of an entity.
fn stamp(kind: &Kind, body: &mut Object, scope: &Scope) {
    if !kind.taggable || scope.tags.is_empty() {
        return;
    }
    let tags = body.entry("tags").or_insert(Value::Null);
    if tags.is_null() {
        *tags = Value::Array(Vec::new());
    }
    if let Value::Array(tags) = tags {
        for tag in &scope.tags {
            if !tags.iter().any(|known| known.as_str() == Some(tag)) {
                tags.push(Value::String(tag.clone()));
            }
        }
    }
}

/// Whether a value names the entity, so that it is no secret wherever it came from.
fn names_entity(kind: &Kind, path: &crate::schema::FieldPath) -> bool {
    let Some(top) = path.top() else { return false };
    let key = kind
        .identity
        .iter()
        .flatten()
        .chain(&kind.endpoint_key)
        .any(|field| field == top);
    top == "tags" || key && !kind.record.get(top).is_some_and(|field| field.secret)
}
