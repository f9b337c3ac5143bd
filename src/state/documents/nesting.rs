use super::document::first_key;
use super::entity::{Draft, Entities};
use super::link::{self, id};
use super::words::a;
use crate::{DeclaredId, Link, LinkTo};
use json::Value;
use schema::{Kind, KindId, Nest};
use yaml::{Data, Diagnostic, Entry, Node, Origin, Span};

/// The entity that another is nested in, and the field that the nesting stands for.
#[derive(Clone, Copy)]
pub(super) struct Parent<'a> {
    pub id: DeclaredId,
    pub field: &'a str,
}

impl<'a> Entities<'a> {
    pub(super) fn nested(&mut self, nest: &'a Nest, list: Node, parent: DeclaredId) {
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
    pub(super) fn members(&mut self, key: &str, list: Node) -> Vec<Node> {
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
        let Some(name) = link::one(self.catalog.kind(foreign.kind), &member, true, self.problems) else {
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

    /// The map that declares an entity. A text stands for it where the parent has a field that lists its children by name.
    pub(super) fn as_map(&mut self, kind: &Kind, node: Node, parent: Option<Parent>) -> Option<Node> {
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
                    key: key.as_str().into(),
                    key_span: span,
                    value: node,
                };
                return Some(Node {
                    span,
                    data: Data::Map(vec![entry]),
                    origin: Origin::File,
                });
            }
            _ => {}
        }
        let message = format!("{} is expected here, not {}", a(&kind.name), node.word());
        let refusal = Diagnostic::error("wrong-type", message).at(node.span);
        // a naming field without a default stands in every entity, an endpoint key need not
        let naming = kind
            .subschemas
            .as_ref()
            .filter(|sub| sub.default(&kind.record).is_none());
        let first = naming.map(|sub| &sub.by).or(kind.endpoint_key.as_ref());
        self.problems.tell(match first {
            Some(key) => refusal.help(format!("write it as a map: `- {key}: …`")),
            None => refusal.help("write it as a map"),
        });
        None
    }

    /// Ties a nested entity to the one it is nested in. It may say so itself, but nothing else.
    pub(super) fn nest(&mut self, draft: &mut Draft, parent: Parent, span: Span) {
        let own = draft.links.iter().position(|link| link.field == parent.field);
        if let Some(own) = own.map(|at| draft.links.remove(at))
            && !self.means(&own.to, parent.id)
        {
            let outer = self.catalog.kind(self.entities[parent.id.0 as usize].kind);
            self.problems.tell(
                Diagnostic::error(
                    "nested-elsewhere",
                    format!(
                        "this stands within {} and names another one in `{}`",
                        a(&outer.name),
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
}
