//! What is pointed at: the grammar of `{vault://…}`, where references may stand, and what is known of each.
//!
//! Pure: backends, which ask for secrets, live at the edge. The way of a reference is [`find`] → [`judge`] → [`gate`].

mod answer;
mod environment;
mod find;
mod gate;
mod grammar;
mod judge;
mod lua;
mod notation;
mod subkey;
mod variable;
mod verdict;

pub use answer::{answer, answer_line};
pub use environment::{EnvironmentError, from_environment};
pub use find::{Holder, Standing, Use, find};
pub use gate::{Policy, gate};
pub use grammar::{OptionValue, ParseError, Reference, is_reference, parse};
pub use judge::{FoundVault, VaultEntity, Vaults, judge};
pub use notation::{from_json, to_json};
pub use subkey::{SubkeyError, subkey};
pub use variable::variable;
pub use verdict::{Judged, Reason, Verdict};
