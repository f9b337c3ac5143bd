//! What is said: files as nodes with positions, documents with their scope, and the desired state they make.

mod body;
mod desired;
mod diagnostic;
mod documents;
mod nearest;
mod node;
mod places;
mod scope;
mod yaml;

pub use body::{Body, tags_of};
pub use desired::{Declared, DeclaredId, Desired, Link, LinkTo, Source};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use documents::{
    Options, Reading, Recognised, check, checkable, desired, may_name_scopes, read, recognise, refused,
};
pub use nearest::nearest;
pub use node::{Data, Entry, FileId, Node, Origin, SourceFile, Sources, Span, Style};
pub use places::{NamedPlace, Parts, Places};
pub use scope::{Scope, ScopeId};
pub use yaml::{ComposeOptions, Environment, Sections, compose, decode, type_as_yaml};
