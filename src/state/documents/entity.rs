use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::diagnostics::DocumentDiagnostics;
use super::document::{StateDocument, first_key_span};
use super::entity_rules::{add_scope_tags, is_identity_field};
use super::foreign_key::{self, parse_uuid};
use super::legacy;
use super::nesting::ParentLink;
use super::shared_defaults::SharedDefaults;
use super::value::{FieldContext, PathTrail, ValueReader};
use crate::{
    DeclaredEntity, DeclaredForeignKey, DeclaredId, EntityBody, EntityLocation, NamedSpanTree, Scope, ScopeId,
    SpanChildren, SpanTree,
};
use json::{Object, ObjectKey, Value};
use schema::{Catalog, Field, FieldPath, FieldType, ForeignField, Kind, KindId, NestedList, Record};
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, Span, ValueOrigin};

/// Reads the entities of one document into the desired state.
pub(super) struct EntityReader<'a> {
    /// What kinds there are.
    pub(super) catalog: &'a Catalog,
    /// The document: its format, and whether its hashes stay.
    pub(super) document: &'a StateDocument,
    /// What the documents of its scope share.
    pub(super) shared: &'a SharedDefaults,
    /// Its scope.
    pub(super) scope: (ScopeId, &'a Scope),
    /// The entities read so far.
    pub(super) entities: &'a mut Vec<DeclaredEntity>,
    /// The entities of which a part could not be read.
    pub(super) incomplete: &'a mut BTreeSet<DeclaredId>,
    /// What there is to report.
    pub(super) diagnostics: &'a mut DocumentDiagnostics,
}

/// An entity whose fields were read, not yet linked to its parent nor tagged for its scope: then it is a
/// [`DeclaredEntity`].
#[derive(Default)]
pub(super) struct PartialEntity<'a> {
    /// Its id, if it declares one.
    pub(super) id: Option<Uuid>,
    /// Its fields.
    pub(super) fields: Vec<(ObjectKey, Value)>,
    /// Its foreign keys.
    pub(super) foreign_keys: Vec<DeclaredForeignKey>,
    /// Where its fields stand.
    pub(super) spans: Vec<NamedSpanTree>,
    /// The lists nested in it.
    pub(super) nested: Vec<(&'a NestedList, Node)>,
    /// Fields whose value came from the environment.
    pub(super) secret_fields: BTreeSet<FieldPath>,
    /// Those of them whose variable is not set, so that the value is made up.
    pub(super) unset_fields: BTreeSet<FieldPath>,
}

impl PartialEntity<'_> {
    fn with_capacity(count: usize) -> Self {
        Self {
            fields: Vec::with_capacity(count),
            spans: Vec::with_capacity(count),
            ..Self::default()
        }
    }
}

impl<'a> EntityReader<'a> {
    /// Reads the list of entities of a kind that stands at the top of the document.
    pub(super) fn read_list(&mut self, kind: KindId, entry: MapEntry) {
        let members = self.list_members(&entry.key, entry.value);
        self.entities.reserve(members.len());
        for member in members {
            self.read_entity(kind, member, None);
        }
    }

    pub(super) fn read_entity(&mut self, kind_id: KindId, node: Node, parent: Option<ParentLink<'a>>) {
        let catalog = self.catalog;
        let kind = catalog.kind(kind_id);
        let Some(mut node) = self.entity_map(kind, node, parent) else {
            return;
        };
        let span = entity_span(kind, &node);
        let errors_before = self.diagnostics.error_count();
        self.apply_defaults(kind_id, kind, &mut node);
        let record = self.find_record(kind_id, kind, &node);
        let NodeData::Map(entries) = node.data else { return };
        let mut entity = PartialEntity::with_capacity(entries.len());
        for entry in entries {
            self.read_field(kind, &record, entry, &mut entity);
        }
        if self.diagnostics.error_count() > errors_before {
            self.incomplete.insert(DeclaredId(self.entities.len() as u32));
        }
        self.add_entity(kind_id, entity, span, parent);
    }

    /// The record that describes the whole entity, known by the field that says which one.
    fn find_record(&self, kind_id: KindId, kind: &Kind, node: &Node) -> Arc<Record> {
        let named = kind.subschemas.as_ref().and_then(|sub| node.get(&sub.by));
        self.catalog.record_for_subschema(kind_id, named.and_then(Node::text))
    }

    fn read_field(&mut self, kind: &'a Kind, record: &Record, entry: MapEntry, entity: &mut PartialEntity<'a>) {
        let MapEntry { key, key_span, value } = entry;
        if key == "_comment" || key == "_ignore" {
            return;
        }
        if let Some(nested_list) = kind.nested_lists.iter().find(|nested_list| nested_list.key == key) {
            entity.nested.push((nested_list, value));
            return;
        }
        let span_tree = if key == "id" {
            entity.id = self.read_id(&value);
            SpanTree::leaf(value.span)
        } else if let Some(foreign) = kind.foreign_fields.iter().find(|foreign| foreign.field == key) {
            self.read_foreign_key(foreign, &value, entity)
        } else {
            self.read_value(kind, record, &key, value, entity)
        };
        entity.spans.push(NamedSpanTree {
            name: key,
            name_span: key_span,
            tree: span_tree,
        });
    }

    fn read_value(
        &mut self,
        kind: &Kind,
        record: &Record,
        key: &ObjectKey,
        node: Node,
        entity: &mut PartialEntity,
    ) -> SpanTree {
        let is_abstract = |field: &Field| matches!(field.field_type, FieldType::Abstract);
        let is_free = kind.record.get(key).is_some_and(is_abstract);
        let field = record.field_or_shorthand(key);
        let is_secret = is_free && field.is_none_or(is_abstract);
        let mut values = ValueReader {
            diagnostics: self.diagnostics,
            secret_fields: &mut entity.secret_fields,
            unset_fields: &mut entity.unset_fields,
        };
        let (value, span_tree) = values.read_value(
            node,
            FieldContext::new(field, is_free, is_secret),
            PathTrail::Field(key),
        );
        entity.fields.push((key.clone(), value));
        span_tree
    }

    fn read_id(&mut self, node: &Node) -> Option<Uuid> {
        let id = node.text().and_then(parse_uuid);
        if id.is_none() && !matches!(node.data, NodeData::Null) && node.origin != ValueOrigin::UnsetVariable {
            self.diagnostics.add(
                Diagnostic::error(
                    DiagnosticCode::WrongType,
                    "an id is a UUID, as in 9b6ec5e2-3d0c-4b8b-9c55-4d7a4e0b7a31",
                )
                .at(node.span)
                .help("leave it out: strongroom chooses ids"),
            );
        }
        id
    }

    fn read_foreign_key(&mut self, foreign: &ForeignField, node: &Node, entity: &mut PartialEntity) -> SpanTree {
        let span = node.span;
        if let Some(target) = foreign_key::read_foreign_key(self.catalog, foreign, node, self.diagnostics) {
            entity.foreign_keys.push(DeclaredForeignKey {
                field: foreign.field.clone(),
                target,
                span,
            });
        }
        let parts = match &node.data {
            NodeData::List(members) => {
                SpanChildren::List(members.iter().map(|member| SpanTree::leaf(member.span)).collect())
            }
            _ => SpanChildren::Leaf,
        };
        SpanTree { span, children: parts }
    }

    pub(super) fn add_entity(
        &mut self,
        kind_id: KindId,
        mut entity: PartialEntity<'a>,
        span: Span,
        parent: Option<ParentLink<'a>>,
    ) {
        let kind = self.catalog.kind(kind_id);
        if let Some(parent) = parent {
            self.link_to_parent(&mut entity, parent, span);
        }
        let mut body = Object::from(entity.fields);
        if self.document.format.is_some_and(|format| format.is_legacy()) {
            legacy::migrate_legacy_fields(kind, &mut body, &entity.spans, span, self.diagnostics);
        }
        self.reject_hashed_values(kind, &body, &entity.spans);
        add_scope_tags(kind, &mut body, self.scope.1);
        let (filled_key_fields, secret_fields) = entity
            .secret_fields
            .into_iter()
            .partition(|path| is_identity_field(kind, path));
        let id = DeclaredId(u32::try_from(self.entities.len()).unwrap_or(u32::MAX));
        let parts = SpanChildren::from_named(entity.spans);
        self.entities.push(DeclaredEntity {
            kind: kind_id,
            id: entity.id,
            body: EntityBody::new(body),
            foreign_keys: entity.foreign_keys,
            scope: self.scope.0,
            location: EntityLocation {
                span,
                span_tree: Arc::new(SpanTree { span, children: parts }),
            },
            secret_fields,
            filled_key_fields,
            unset_fields: entity.unset_fields,
        });
        for (nested_list, list) in entity.nested {
            self.read_nested(nested_list, list, id);
        }
    }
}

/// Where to point for an entity as a whole: at its name, else where it begins; at the field of a name that is secret.
fn entity_span(kind: &Kind, node: &Node) -> Span {
    let entry = |field: &String| node.entries().iter().find(|entry| entry.key == *field);
    let Some(MapEntry { key, key_span, value }) = kind.title.fields.iter().find_map(entry) else {
        return first_key_span(node);
    };
    let is_secret = value.origin != ValueOrigin::File || kind.record.get(key).is_none_or(|field| field.secret);
    match value.data {
        NodeData::List(_) | NodeData::Map(_) | NodeData::Null => first_key_span(node),
        _ if is_secret => *key_span,
        _ => value.span,
    }
}
