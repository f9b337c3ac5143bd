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
mod field;
mod fields;
mod files;
mod fill;
mod held;
mod kind;
mod kind_file;
mod merge;
mod overlay;
mod path;
mod query;
mod read;
mod referenceable;
mod shorthand;
mod shows;
mod subschema;
mod sugar;
mod violations;
mod words;
mod x509;

pub use canonical::{CanonicalBody, canonicalize};
pub use catalog::{Catalog, LiveSchemas};
pub use check::{CheckPurpose, check_body, zeroize_value};
pub use checks::{is_private_key, is_public_key};
pub use complete::{complete_body, apply_patch, to_response_body, expand_shorthands};
pub use field::{Field, FieldType, Record};
pub use fields::RecordFields;
pub use files::{SchemaError, recorded_schema};
pub use held::ForeignKeyValue;
pub use kind::{
    ComputedField, ComputeMethod, Edition, ForeignField, LegacyField, LegacyConversion, HashedField, HashMethod, Kind, KindId, NamedCheck,
    ChildNamesField, NestedList, OnDelete, Quirk, RotationRule, SubschemaSelector, TitleRule,
};
pub use path::{FieldPath, PathSegment};
pub use referenceable::Referenceability;
pub use shows::{is_written_canonically, matches_live};
pub use violations::SchemaViolations;
pub use x509::{PublicCertificate, parse_chain, sha256_fingerprint, format_timestamp};
