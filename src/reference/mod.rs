//! What is pointed at: the grammar of `{vault://…}`, where references may stand, and what is known of each.
//!
//! Pure: backends, which ask for secrets, live at the edge. The way of a reference is [`find`] → [`judge`] → [`gate`].

mod find;
mod gate;
mod grammar;
mod judge;
mod lua;
mod variable;
mod verdict;

pub use find::{Holder, Standing, Use, find};
pub use gate::{Policy, gate};
pub use grammar::{OptionValue, ParseError, Reference, is_reference, parse};
pub use judge::{VaultEntity, Vaults, judge};
pub use variable::variable;
pub use verdict::{Judged, Reason, Verdict};
