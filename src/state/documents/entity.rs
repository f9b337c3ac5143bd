use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::document::{Document, first_key};
use super::former;
use super::link::{self, id};
use super::nesting::Parent;
use super::problems::Problems;
use super::seal::{names_entity, stamp};
use super::shared::Shared;
use super::value::{Trail, Values, Wanted, named};
use crate::{Body, Declared, DeclaredId, Link, NamedPlace, Parts, Places, Scope, ScopeId, Source};
use json::{Name, Object, Value};
use schema::{Catalog, Field, FieldPath, FieldType, Foreign, Kind, KindId, Nest, Record};
use yaml::{Data, Diagnostic, Entry, Node, Origin, Span};

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
    /// Those of which a part could not be read.
    pub flawed: &'a mut BTreeSet<DeclaredId>,
    /// What is wrong.
    pub problems: &'a mut Problems,
}

/// An entity half read.
#[derive(Default)]
pub(super) struct Draft<'a> {
    /// Its id, if it says one.
    pub id: Option<Uuid>,
    /// Its fields.
    pub fields: Vec<(Name, Value)>,
    /// Its foreign keys.
    pub links: Vec<Link>,
    /// Where all of that stands.
    pub places: Vec<NamedPlace>,
    /// The lists nested in it.
    pub nested: Vec<(&'a Nest, Node)>,
    /// Fields whose value came from the environment.
    pub secrets: BTreeSet<FieldPath>,
    /// Those of them whose value is made up.
    pub unset: BTreeSet<FieldPath>,
}

impl Draft<'_> {
    /// One of about so many fields.
    fn of(count: usize) -> Self {
        Self {
            fields: Vec::with_capacity(count),
            places: Vec::with_capacity(count),
            ..Self::default()
        }
    }
}

impl<'a> Entities<'a> {
    /// Reads the list of entities of a kind that stands at the top of the document.
    pub fn list(&mut self, kind: KindId, entry: Entry) {
        let members = self.members(&entry.key, entry.value);
        self.entities.reserve(members.len());
        for member in members {
            self.entity(kind, member, None);
        }
    }

    pub(super) fn entity(&mut self, kind_id: KindId, node: Node, parent: Option<Parent<'a>>) {
        let catalog = self.catalog;
        let kind = catalog.kind(kind_id);
        let Some(mut node) = self.as_map(kind, node, parent) else {
            return;
        };
        let span = place_of(kind, &node);
        let before = self.problems.errors();
        self.fill_in(kind_id, kind, &mut node);
        let record = self.record(kind_id, kind, &node);
        let Data::Map(entries) = node.data else { return };
        let mut draft = Draft::of(entries.len());
        for entry in entries {
            self.field(kind, &record, entry, &mut draft);
        }
        if self.problems.errors() > before {
            self.flawed.insert(DeclaredId(self.entities.len() as u32));
        }
        self.finish(kind_id, draft, span, parent);
    }

    /// The record that describes the whole entity, known by the field that says which one.
    fn record(&self, kind_id: KindId, kind: &Kind, node: &Node) -> Arc<Record> {
        let named = kind.subschemas.as_ref().and_then(|sub| node.get(&sub.by));
        self.catalog.record_named(kind_id, named.and_then(Node::text))
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
            self.value(kind, record, &key, value, draft)
        };
        draft.places.push(NamedPlace {
            name: key,
            key: key_span,
            value: places,
        });
    }

    fn value(&mut self, kind: &Kind, record: &Record, key: &Name, node: Node, draft: &mut Draft) -> Places {
        let is_abstract = |field: &Field| matches!(field.kind, FieldType::Abstract);
        let free = kind.record.get(key).is_some_and(is_abstract);
        let field = named(record, key);
        let unknown = free && field.is_none_or(is_abstract);
        let mut values = Values {
            problems: self.problems,
            secrets: std::mem::take(&mut draft.secrets),
            unset: std::mem::take(&mut draft.unset),
        };
        let (value, places) = values.take(node, Wanted::of(field, free, unknown), Trail::Field(key));
        (draft.secrets, draft.unset) = (values.secrets, values.unset);
        draft.fields.push((key.clone(), value));
        places
    }

    fn id(&mut self, node: &Node) -> Option<Uuid> {
        let found = node.text().and_then(id);
        if found.is_none() && !matches!(node.data, Data::Null) && node.origin != Origin::Unset {
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

    pub(super) fn finish(&mut self, kind_id: KindId, mut draft: Draft<'a>, span: Span, parent: Option<Parent<'a>>) {
        let kind = self.catalog.kind(kind_id);
        if let Some(parent) = parent {
            self.nest(&mut draft, parent, span);
        }
        let mut body = Object::from(draft.fields);
        if self.document.format.is_some_and(|format| format.is_old()) {
            former::bring_forward(kind, &mut body, &draft.places, span, self.problems);
        }
        self.refuse_hashes(kind, &body, &draft.places);
        stamp(kind, &mut body, self.scope.1);
        let (filled_names, secrets) = draft.secrets.into_iter().partition(|path| names_entity(kind, path));
        let id = DeclaredId(u32::try_from(self.entities.len()).unwrap_or(u32::MAX));
        let parts = Parts::map(draft.places);
        self.entities.push(Declared {
            kind: kind_id,
            id: draft.id,
            body: Body::new(body),
            links: draft.links,
            scope: self.scope.0,
            source: Source {
                span,
                places: Arc::new(Places { span, parts }),
            },
            secrets,
            filled_names,
            unset: draft.unset,
        });
        for (nest, list) in draft.nested {
            self.nested(nest, list, id);
        }
    }
}

/// Where to point for an entity as a whole: what names it, else where it begins. Of a name that is secret, at its field.
fn place_of(kind: &Kind, node: &Node) -> Span {
    let entry = |field: &String| node.entries().iter().find(|entry| entry.key == *field);
    let Some(Entry { key, key_span, value }) = kind.title.fields.iter().find_map(entry) else {
        return first_key(node);
    };
    let secret = value.origin != Origin::File || kind.record.get(key).is_none_or(|field| field.secret);
    match value.data {
        Data::List(_) | Data::Map(_) | Data::Null => first_key(node),
        _ if secret => *key_span,
        _ => value.span,
    }
}
