//! What is pointed at: the grammar of `{vault://…}`, where references may stand, what they resolve to and what is known
//! of each.
//!
//! The way of a reference is [`find`] → [`judge`] → [`errands`] → [`backends::resolve`] → [`prove`] → [`Examination`] → [`gate`]. All but
//! [`backends`] is pure.

mod answer;
mod ask;
mod environment;
mod fetched;
mod find;
mod finding;
mod gate;
mod grammar;
mod judge;
mod lint;
mod lua;
mod material;
mod notation;
mod prove;
mod secret;
mod settings;
mod subkey;
mod target;
mod trust;
mod variable;
mod verdict;
mod withhold;

use ask::is_taken;

pub use answer::{answer, answer_line};
pub use ask::{Errand, Errands, Wanted, errands, segments, takes, target};
pub use environment::{EnvironmentError, from_environment};
pub use fetched::Fetched;
pub use find::{Holder, Standing, Use, find, holds_reference};
pub use finding::Finding;
pub use gate::{Policies, Policy, gate, remarked};
pub use grammar::{OptionValue, ParseError, Reference, is_reference, parse};
pub use judge::{FoundVault, VaultEntity, Vaults, judge};
pub use lint::lint;
pub use material::{CertificateFields, Examination, Flaw, OpenMaterial, Remark, Validity, bears_material};
pub use notation::{from_json, to_json};
pub use prove::{Resolved, prove, proven};
pub use secret::Secret;
pub use settings::{Settings, VaultSettings, owner};
pub use subkey::{SubkeyError, Wiped, subkey};
pub use target::{Filled, Setting, Side, Target};
pub use trust::{Address, Hosts, NotAHost, host_to_vouch, how_to_vouch, is_of_this_machine, may_show};
pub use variable::{variable, variable_of};
pub use verdict::{Judged, Reason, Verdict};
pub use withhold::withhold;
