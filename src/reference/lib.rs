//! What is pointed at: the grammar of `{vault://…}`, where references may stand, what they resolve to and what is known
//! of each.
//!
//! The steps: [`find_references`], [`classify_sites`], [`collect_queries`], `backends::resolve_queries`, [`verify_references`],
//! [`ContentChecker`], [`redact_templated`], [`apply_policy`]. All but the backends is pure.

mod allowlist;
mod classify;
mod content;
mod entity_view;
mod environment;
mod find;
mod finding;
mod grammar;
mod json_bytes;
mod lint;
mod lua;
mod parse_json;
mod policy;
mod query;
mod redact;
mod response;
mod secret;
mod settings;
mod subkey;
mod texts;
mod variable;
mod vault_target;
mod verdict;
mod verify;

use content::FieldIssue;
use query::accepts_option;

pub use allowlist::{
    Destination, HostAllowlist, InvalidHost, allowlist_entry, allowlist_help, check_destination, is_loopback,
};
pub use classify::{VaultEntity, VaultRef, Vaults, classify_sites};
pub use content::{
    CertificateFields, ContentChecker, EntityIssue, ExpiryWindow, InlineCertificatesHash, has_key_material,
};
pub use entity_view::{ChangeState, EntityRef, EntityView};
pub use environment::{EnvVaultError, resolve_from_environment};
pub use find::{ReferenceSite, contains_reference, find_references};
pub use finding::Finding;
pub use grammar::{OptionValue, Reference, ReferenceParseError, is_reference, parse_reference};
pub use json_bytes::{decode_json_string, encode_json_string};
pub use lint::lint;
pub use parse_json::{parse_line_to_json, parse_to_json};
pub use policy::{Policies, Policy, apply_policy, report_issues};
pub use query::{
    SecretRequest, VaultQueries, VaultQuery, accepts_property, collect_queries, resolve_target, split_resource,
};
pub use redact::redact_templated;
pub use response::SecretResponse;
pub use secret::Secret;
pub use settings::{ReferenceSettings, VaultSettings, variable_infix};
pub use subkey::{SubkeyError, ZeroizingValue, extract_subkey};
pub use variable::{format_variable_name, variable_name};
pub use vault_target::{SettingOrigin, TemplatedParts, VaultSetting, VaultTarget};
pub use verdict::{Assessment, Reason, Verdict};
pub use verify::{ResolvedValues, verify_reference, verify_references};
