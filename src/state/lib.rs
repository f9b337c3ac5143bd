//! What is said: files as nodes with positions, documents with their scope, and the desired state they make.

mod body;
mod desired;
mod documents;
mod places;
mod scope;

pub use body::{EntityBody, entity_tags};
pub use desired::{DeclaredEntity, DeclaredId, DesiredState, DeclaredForeignKey, ForeignKeyTarget, EntityLocation};
pub use documents::{
    StateOptions, ParsedState, FileClass, check_entities, body_for_check, read_desired_state, may_declare_select_tags, read_documents, classify_file, rejection_diagnostic,
};
pub use places::{NamedSpanTree, SpanChildren, SpanTree};
pub use scope::{Scope, ScopeId};
