use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::checks::{FieldCheck, KindCheck};
use super::kind_file::{Edition, OnDelete};

/// A record in Kong's schema language with the additions of the files under `schemas/`: a whole one, or corrections of
/// one. It is read so to find what is misspelt; the catalog is made of the same text as plain values, laid over Kong's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to be checked")]
pub(crate) struct RecordFile {
    #[serde(default)]
    fields: Vec<BTreeMap<String, FieldFile>>,
    #[serde(default)]
    shorthand_fields: Vec<BTreeMap<String, FieldFile>>,
    #[serde(default)]
    entity_checks: Vec<EntityCheckFile>,
    /// What Kong checks in code of an entity that this schema completes.
    #[serde(default)]
    code_checks: Vec<KindCheck>,
    /// Whether there is nothing that Kong checks and no file here tells.
    #[serde(default)]
    all_checks_known: bool,
}

/// A field; `null` takes a rule away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to be checked")]
struct FieldFile {
    #[serde(rename = "type")]
    field_type: Option<TypeName>,
    // of a record
    fields: Option<Vec<BTreeMap<String, FieldFile>>>,
    shorthand_fields: Option<Vec<BTreeMap<String, FieldFile>>>,
    entity_checks: Option<Vec<EntityCheckFile>>,
    r#abstract: Option<bool>,
    // of lists and maps
    elements: Option<Box<FieldFile>>,
    keys: Option<Box<FieldFile>>,
    values: Option<Box<FieldFile>>,
    // of a foreign key
    reference: Option<String>,
    on_delete: Option<OnDelete>,
    // what becomes of the value
    required: Option<bool>,
    default: Option<IgnoredAny>,
    default_if: Option<ConditionalDefaultFile>,
    auto: Option<bool>,
    referenceable: Option<bool>,
    encrypted: Option<bool>,
    unique: Option<bool>,
    transient: Option<bool>,
    compared: Option<ComparisonName>,
    stored: Option<StorageName>,
    default_port: Option<u16>,
    // of a shorthand
    into: Option<IgnoredAny>,
    meaning: Option<BTreeMap<String, String>>,
    // which values it takes
    between: Option<[f64; 2]>,
    contains: Option<IgnoredAny>,
    eq: Option<IgnoredAny>,
    err: Option<String>,
    gt: Option<f64>,
    is_regex: Option<bool>,
    len_eq: Option<u64>,
    len_max: Option<u64>,
    len_min: Option<u64>,
    r#match: Option<String>,
    match_all: Option<Vec<PatternFile>>,
    match_any: Option<IgnoredAny>,
    match_none: Option<Vec<PatternFile>>,
    mutually_exclusive_subsets: Option<Vec<Vec<String>>>,
    ne: Option<IgnoredAny>,
    not_match: Option<String>,
    not_one_of: Option<Vec<IgnoredAny>>,
    not_one_of_loaded: Option<LoadedName>,
    one_of: Option<Vec<IgnoredAny>>,
    one_of_loaded: Option<LoadedName>,
    starts_with: Option<String>,
    timestamp: Option<bool>,
    uuid: Option<bool>,
    #[serde(default, with = "serde_yaml::with::singleton_map_recursive")]
    checks: Vec<FieldCheck>,
    // whom it is for
    description: Option<String>,
    since: Option<String>,
    edition: Option<Edition>,
}

/// The types of Kong's schema language.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TypeName {
    Any,
    Array,
    Boolean,
    Foreign,
    Function,
    Integer,
    Json,
    Map,
    Number,
    Record,
    Set,
    String,
}

/// How texts are compared.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ComparisonName {
    Encoded,
}

/// How texts are stored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StorageName {
    Address,
}

/// What a node may have loaded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LoadedName {
    Filters,
    Plugins,
    Vaults,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to be checked")]
struct ConditionalDefaultFile {
    field: String,
    within: Vec<IgnoredAny>,
    default: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to be checked")]
struct PatternFile {
    pattern: String,
    err: Option<String>,
}

/// A check over several fields; one of its members is set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to be checked")]
struct EntityCheckFile {
    at_least_one_of: Option<Vec<String>>,
    conditional: Option<ConditionalCheckFile>,
    conditional_at_least_one_of: Option<ConditionalChoiceFile>,
    distinct: Option<Vec<String>>,
    mutually_exclusive: Option<Vec<String>>,
    mutually_required: Option<Vec<String>>,
    only_one_of: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to be checked")]
struct ConditionalCheckFile {
    if_field: String,
    if_match: FieldFile,
    then_field: String,
    then_match: FieldFile,
    then_err: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read to be checked")]
struct ConditionalChoiceFile {
    if_field: String,
    if_match: FieldFile,
    then_at_least_one_of: Vec<String>,
    then_err: Option<String>,
    else_match: Option<FieldFile>,
    else_then_at_least_one_of: Option<Vec<String>>,
    else_then_err: Option<String>,
}
