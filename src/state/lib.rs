//! Reads state files into the desired state: documents with their scopes, and the entities that they declare.

mod desired_state;
mod documents;
mod entity_body;
mod scope;
mod span_tree;

pub use desired_state::{
    DeclaredEntity, DeclaredForeignKey, DeclaredId, DesiredState, EntityLocation, ForeignKeyTarget,
};
pub use documents::{
    FileClass, ParsedState, StateOptions, body_for_check, check_entities, classify_file, may_declare_select_tags,
    read_desired_state, read_documents, rejection_diagnostic,
};
pub use entity_body::{EntityBody, entity_tags};
pub use scope::{Scope, ScopeId};
pub(crate) use span_tree::{NamedSpanTree, SpanChildren, SpanTree};
