//! What is said: files as nodes with positions, documents with their scope, and the desired state they make.

mod body;
mod desired;
mod documents;
mod places;
mod scope;

pub use body::{Body, tags_of};
pub use desired::{Declared, DeclaredId, Desired, Link, LinkTo, Source};
pub use documents::{
    Options, Reading, Recognised, check, checkable, desired, may_name_scopes, read, recognise, refused,
};
pub use places::{NamedPlace, Parts, Places};
pub use scope::{Scope, ScopeId};
