//! The commands about references.

mod check;
mod conf;
mod env;
mod get;
mod list;
mod parse;

pub(super) use check::CheckReferences;
pub(super) use list::ListReferences;
