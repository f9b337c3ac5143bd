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

use ask::accepts_option;

pub use answer::{parse_to_json, parse_line_to_json};
pub use ask::{VaultQuery, VaultQueries, SecretRequest, collect_queries, split_resource, accepts_property, resolve_target};
pub use environment::{EnvVaultError, resolve_from_environment};
pub use fetched::SecretResponse;
pub use find::{EntityView, ChangeState, ReferenceSite, find_references, contains_reference};
pub use finding::Finding;
pub use gate::{Policies, Policy, apply_policy, report_issues};
pub use grammar::{OptionValue, ReferenceParseError, Reference, is_reference, parse_reference};
pub use judge::{VaultRef, VaultEntity, Vaults, classify_sites};
pub use lint::lint;
pub use material::{CertificateFields, ContentChecker, FieldIssue, InlineCertificatesHash, EntityIssue, ExpiryWindow, has_key_material};
pub use notation::{decode_json_string, encode_json_string};
pub use prove::{ResolvedValues, verify_references, verify_reference};
pub use secret::Secret;
pub use settings::{ReferenceSettings, VaultSettings, variable_infix};
pub use subkey::{SubkeyError, ZeroizingValue, extract_subkey};
pub use target::{TemplatedParts, VaultSetting, SettingOrigin, VaultTarget};
pub use trust::{Destination, HostAllowlist, InvalidHost, allowlist_entry, allowlist_help, is_loopback, check_destination};
pub use variable::{variable_name, format_variable_name};
pub use verdict::{Assessment, Reason, Verdict};
pub use withhold::redact_templated;
