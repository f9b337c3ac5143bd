//! What is pointed at: the grammar of `{vault://…}`, where references may stand, and what is known of each.
//!
//! Pure: backends, which ask for secrets, live at the edge.

mod grammar;
mod lua;

pub use grammar::{OptionValue, ParseError, Reference, is_reference, parse};
