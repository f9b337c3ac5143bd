use super::document::first_key_span;
use super::entity::{EntityReader, PartialEntity};
use super::foreign_key::{self, parse_uuid};
use super::phrases::with_article;
use crate::{DeclaredForeignKey, DeclaredId, ForeignKeyTarget};
use json::Value;
use schema::{Kind, KindId, NestedList};
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, Span, ValueOrigin};

/// The parent that an entity is nested in, and the foreign key that the nesting stands for.
#[derive(Clone, Copy)]
pub(super) struct ParentLink<'a> {
    pub(super) id: DeclaredId,
    pub(super) field: &'a str,
}

impl<'a> EntityReader<'a> {
    pub(super) fn read_nested(&mut self, nested_list: &'a NestedList, list: Node, parent: DeclaredId) {
        let parent = ParentLink {
            id: parent,
            field: &nested_list.field,
        };
        for member in self.list_members(&nested_list.key, list) {
            match &nested_list.reference_field {
                Some(field) => self.read_membership(nested_list.kind, field, member, parent),
                None => self.read_entity(nested_list.kind, member, Some(parent)),
            }
        }
    }

    /// The members of what must be a list or nothing.
    pub(super) fn list_members(&mut self, key: &str, list: Node) -> Vec<Node> {
        match list.data {
            NodeData::List(members) => members,
            NodeData::Null => Vec::new(),
            _ => {
                self.diagnostics.add(
                    Diagnostic::error(
                        DiagnosticCode::WrongType,
                        format!("`{key}` is {}; expected a list", list.type_name()),
                    )
                    .at(first_key_span(&list))
                    .help(format!("begin each of the {key} with `- `")),
                );
                Vec::new()
            }
        }
    }

    /// Reads an entity that only links two others, and is written as the name of one nested in the other.
    fn read_membership(&mut self, kind: KindId, field: &str, member: Node, parent: ParentLink<'a>) {
        let known = self.catalog.kind(kind);
        let Some(foreign) = known.foreign_fields.iter().find(|foreign| foreign.field == field) else {
            return;
        };
        let span = first_key_span(&member);
        let Some(name) =
            foreign_key::read_entity_name(self.catalog.kind(foreign.kind), &member, true, self.diagnostics)
        else {
            return;
        };
        let mut entity = PartialEntity::default();
        entity.foreign_keys.push(DeclaredForeignKey {
            field: field.to_owned(),
            target: ForeignKeyTarget::Named(name),
            span,
        });
        self.add_entity(kind, entity, span, Some(parent));
    }

    /// The map that declares an entity. A text stands for it where the parent has a field that lists its children by name.
    pub(super) fn entity_map(&mut self, kind: &Kind, node: Node, parent: Option<ParentLink>) -> Option<Node> {
        let by_name = parent.is_some_and(|parent| {
            let outer = self.catalog.kind(self.entities[parent.id.0 as usize].kind);
            let named = outer.child_names.as_ref();
            named.is_some_and(|named| self.catalog.kind(named.kind).collection == kind.collection)
        });
        match (&node.data, &kind.endpoint_key) {
            (NodeData::Map(_), _) => return Some(node),
            (NodeData::String(..), Some(key)) if by_name => {
                let span = node.span;
                let entry = MapEntry {
                    key: key.as_str().into(),
                    key_span: span,
                    value: node,
                };
                return Some(Node {
                    span,
                    data: NodeData::Map(vec![entry]),
                    origin: ValueOrigin::File,
                });
            }
            _ => {}
        }
        let message = format!(
            "{} is expected here, not {}",
            with_article(&kind.name),
            node.type_name()
        );
        let error = Diagnostic::error(DiagnosticCode::WrongType, message).at(node.span);
        // a naming field without a default stands in every entity, an endpoint key need not
        let naming = kind
            .subschemas
            .as_ref()
            .filter(|sub| sub.default_name(&kind.record).is_none());
        let first = naming.map(|sub| &sub.by).or(kind.endpoint_key.as_ref());
        self.diagnostics.add(match first {
            Some(key) => error.help(format!("write it as a map: `- {key}: …`")),
            None => error.help("write it as a map"),
        });
        None
    }

    /// Links a nested entity to its parent. It may declare that link itself, but no other.
    pub(super) fn link_to_parent(&mut self, entity: &mut PartialEntity, parent: ParentLink, span: Span) {
        let own = entity
            .foreign_keys
            .iter()
            .position(|foreign_key| foreign_key.field == parent.field);
        if let Some(own) = own.map(|at| entity.foreign_keys.remove(at))
            && !self.refers_to_parent(&own.target, parent.id)
        {
            let outer = self.catalog.kind(self.entities[parent.id.0 as usize].kind);
            self.diagnostics.add(
                Diagnostic::error(
                    DiagnosticCode::NestedElsewhere,
                    format!(
                        "this stands within {} and names another one in `{}`",
                        with_article(&outer.name),
                        parent.field
                    ),
                )
                .at(own.span)
                .help(format!(
                    "leave `{}` out, or move this to the top of the file",
                    parent.field
                )),
            );
        }
        entity.foreign_keys.push(DeclaredForeignKey {
            field: parent.field.to_owned(),
            target: ForeignKeyTarget::Parent(parent.id),
            span,
        });
    }

    fn refers_to_parent(&self, target: &ForeignKeyTarget, parent: DeclaredId) -> bool {
        let outer = &self.entities[parent.0 as usize];
        let ForeignKeyTarget::Named(name) = target else {
            return *target == ForeignKeyTarget::Null;
        };
        let kind = self.catalog.kind(outer.kind);
        outer.id.is_some_and(|own| parse_uuid(name) == Some(own))
            || foreign_key::naming_fields(kind)
                .any(|key| outer.body.expose().get(key).and_then(Value::as_str) == Some(name))
    }
}
