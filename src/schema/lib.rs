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

pub use canonical::{Canonical, canonical};
pub use catalog::{Catalog, LiveSchemas};
pub use check::{Purpose, check, wipe};
pub use checks::{is_private_key, is_public_key};
pub use complete::{complete, patched, shown, translated};
pub use field::{Field, FieldType, Record};
pub use fields::Fields;
pub use files::{SchemaError, recorded_answer};
pub use held::Held;
pub use kind::{
    Computed, ComputedHow, Edition, Foreign, Former, FormerHow, Hashed, HashedHow, Kind, KindId, NamedCheck,
    NamesChildren, Nest, OnDelete, Quirk, Rotates, Subschemas, Title,
};
pub use path::{FieldPath, Segment};
pub use referenceable::Takes;
pub use shows::{says_as_compared, shows};
pub use violations::Violations;
pub use x509::{PublicCertificate, chain, fingerprint, moment};
