use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The fields of a record: from a version on, under a path, these names.
pub(crate) type FieldsByVersion = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// `schemas/referenceable.yaml`: what is known of fields without their schemas.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferenceableFile {
    #[serde(rename = "groups")]
    _groups: IgnoredAny,
    pub entities: BTreeMap<String, FieldsByVersion>,
    pub plugins: BTreeMap<String, FieldsByVersion>,
}
