use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::{EntityBody, Scope, ScopeId, SpanTree};
use schema::{FieldPath, KindId};
use yaml::{Diagnostic, Span};

/// What the documents of a run declare: checked for form, not yet compared with anything.
#[derive(Clone, Default)]
pub struct DesiredState {
    /// The entities, parents before what is nested in them, files in order.
    pub entities: Vec<DeclaredEntity>,
    /// The scopes that the documents own, each once.
    pub scopes: Vec<Scope>,
    /// `--filter-tag`: only entities that bear all of these, declared and live alike, are acted on.
    pub filter_tags: Option<BTreeSet<String>>,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
}

/// An entity's place in the desired state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeclaredId(pub u32);

/// One entity as a document declares it.
#[derive(Clone)]
pub struct DeclaredEntity {
    /// Its kind.
    pub kind: KindId,
    /// Its id, if the document declares one.
    pub id: Option<Uuid>,
    /// The declared fields (`_info.defaults` and `_plugin_configs` merged in, select tags stamped), as the document spells
    /// them: no defaults of the schema, shorthands as they are. Without `id` and without what is in `foreign_keys`.
    pub body: EntityBody,
    /// The declared foreign keys.
    pub foreign_keys: Vec<DeclaredForeignKey>,
    /// The scope of its document.
    pub scope: ScopeId,
    /// Where it is declared.
    pub location: EntityLocation,
    /// Fields whose value is secret because of where it came from.
    pub secret_fields: BTreeSet<FieldPath>,
    /// Fields that were filled in and are no secret, because they identify the entity. No message suggests such a name.
    pub filled_key_fields: BTreeSet<FieldPath>,
    /// Fields whose value is made up, because an environment variable is not set and the reading does without it.
    pub unset_fields: BTreeSet<FieldPath>,
}

/// A declared foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredForeignKey {
    /// The field that holds it.
    pub field: String,
    /// Where it points.
    pub target: ForeignKeyTarget,
    /// Where it is declared.
    pub span: Span,
}

/// Where a declared foreign key points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignKeyTarget {
    /// The entity in which this one is nested.
    Parent(DeclaredId),
    /// An id, a name or another key, as the document declares it: resolved later among declared and live entities.
    Named(String),
    /// Several of those (a list of ids).
    List(Vec<(String, Span)>),
    /// Declared to be none (`service: null`).
    Null,
}

/// Where an entity is declared.
#[derive(Clone, Debug)]
pub struct EntityLocation {
    /// Where to point for the entity as a whole.
    pub span: Span,
    /// The spans of its body (foreign keys and the id included).
    pub(crate) span_tree: Arc<SpanTree>,
}

impl DesiredState {
    /// The entity at that place.
    pub fn entity(&self, id: DeclaredId) -> &DeclaredEntity {
        &self.entities[id.0 as usize]
    }
}

impl EntityLocation {
    /// Where a field's value is declared; the entity's own place, or that of what encloses the field, where it is not.
    pub fn value_span(&self, path: &FieldPath) -> Span {
        match path.top_field() {
            Some(name) if self.span_tree.get(name).is_some() => self.span_tree.value_span(path),
            _ => self.span,
        }
    }

    /// Where a field's name is declared: what to point at when the name is what is wrong.
    pub(crate) fn name_span(&self, path: &FieldPath) -> Span {
        match path.top_field() {
            Some(name) if self.span_tree.get(name).is_some() => self.span_tree.name_span(path),
            _ => self.span,
        }
    }
}
