//! What exists: the kinds of entities a control plane holds, their fields, and what Kong checks of them.
//!
//! Everything here is a value handed around. The catalog is made of the files in `schemas/` (kinds, and Kong's own
//! recorded schemas), and overlaid with what a live node answers under `/schemas/*` when there is one.

mod address;
mod assemble;
mod canonical;
mod catalog;
mod check;
mod checks;
mod complete;
mod corrections;
mod derived;
mod field;
mod field_lookup;
mod file_format;
mod files;
mod foreign_key;
mod keywords;
mod kind;
mod kind_file;
mod live_match;
mod normalize;
mod overlay;
mod parse;
mod path;
mod pem;
mod record_fields;
mod referenceable;
mod shorthand;
mod subschema;
mod url_shorthand;
mod violations;
mod walk;
mod x509;

pub use canonical::{CanonicalBody, canonicalize, find_expiry_difference};
pub use catalog::{Catalog, LiveSchemas};
pub use check::{CheckPurpose, check_body, zeroize_value};
pub use checks::{is_private_key, is_public_key};
pub use complete::{apply_patch, complete_body, to_response_body};
pub use derived::{DiscardedValue, find_discarded_values};
pub use field::{Field, FieldType, Record};
pub use file_format::checks::{
    AscendingNumbers, AuthorizationFields, FieldCheck, KeyPairFields, KindCheck, PlainValue, RefusedCombination,
    RouterFields, UnrepeatedMemberField,
};
pub use file_format::error::SchemaError;
pub use file_format::kind_file::{
    ComputeMethod, ComputedField, DerivationRule, DerivedFields, Edition, HashMethod, HashedField, LegacyConversion,
    LegacyField, OnDelete, OverlapRule, Quirk, RotationRule, SubschemaSelector, TitleRule,
};
pub use files::recorded_schema;
pub use foreign_key::ForeignKeyValue;
pub use kind::{ChildNamesField, ForeignField, Kind, KindId, NestedList};
pub use live_match::{is_written_canonically, matches_live};
pub use normalize::canonical_text;
pub use path::{FieldPath, PathSegment};
pub use record_fields::RecordFields;
pub use referenceable::Referenceability;
pub use violations::SchemaViolations;
pub use walk::{BodyPart, ShorthandUse};
pub use x509::{PublicCertificate, certificate_digest, format_timestamp, parse_chain, sha256_fingerprint};
