use std::collections::BTreeMap;

use serde::Deserialize;

use super::checks::KindCheck;

/// A file of `schemas/kinds/`: what Kong's own schema does not tell of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KindFileSpec<S> {
    pub name: String,
    pub collection: String,
    /// The collection's name, where the file says none.
    pub path: Option<String>,
    pub nested_path: Option<String>,
    pub table: Option<String>,
    #[serde(default)]
    pub finds_by: Vec<String>,
    pub names_children: Option<ChildNamesFile>,
    pub expires: Option<String>,
    pub computed: Option<ComputedField>,
    #[serde(default)]
    pub quirks: Vec<Quirk>,
    #[serde(default)]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub edition: Edition,
    pub endpoint_key: Option<String>,
    #[serde(default)]
    pub identity: Vec<Vec<String>>,
    #[serde(default)]
    pub unique: Vec<Vec<String>>,
    #[serde(default)]
    pub lists: Vec<ForeignListFile>,
    pub parent: Option<String>,
    #[serde(default)]
    pub nests: Vec<NestedListFile>,
    #[serde(default)]
    pub former: Vec<LegacyField>,
    #[serde(default)]
    pub renamed: BTreeMap<String, String>,
    #[serde(default)]
    pub secret: Vec<String>,
    #[serde(default)]
    pub server_only: Vec<String>,
    #[serde(default)]
    pub carried: Vec<String>,
    pub hashed: Option<HashedField>,
    pub rotates: Option<RotationRule>,
    #[serde(default)]
    pub same_if_equal: bool,
    #[serde(default)]
    pub title: TitleRule,
    #[serde(default)]
    pub checks: Vec<KindCheck>,
    /// Whether there is nothing that Kong checks and no file here tells.
    #[serde(default)]
    pub all_checks_known: bool,
    pub derived: Option<DerivedFields>,
    #[serde(default)]
    pub overlaps: Vec<OverlapRule>,
    pub subschemas: Option<SubschemaSelector>,
    /// Corrections of the recorded schema, or all of it where none was recorded, in Kong's shape.
    #[serde(default)]
    pub schema: S,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForeignListFile {
    pub field: String,
    pub collection: String,
    pub on_delete: OnDelete,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NestedListFile {
    /// The nested kind's collection, where the file says none.
    pub key: Option<String>,
    pub collection: String,
    pub field: String,
    pub refers: Option<String>,
    #[serde(default)]
    pub read_only: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildNamesFile {
    pub field: String,
    pub collection: String,
    pub unknown: String,
}

/// How an entity says which further schema describes the rest of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubschemaSelector {
    /// The family of schemas: `plugins`, `vaults`, `partials`, as in `/schemas/plugins/NAME`.
    pub family: String,
    /// The field whose value names the schema; of a list, its first member does.
    pub by: String,
    /// What is said of a name that has no schema, `%s` for the name.
    #[serde(default = "unknown_type")]
    pub unknown: String,
    /// Whether a node may have loaded others than those that are known here.
    #[serde(default)]
    pub open: bool,
}

fn unknown_type() -> String {
    "unknown type: %s".to_owned()
}

/// A field that the server makes of another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputedField {
    pub field: String,
    pub from: String,
    pub how: ComputeMethod,
}

/// How a computed field is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeMethod {
    /// The hex SHA-256 of a PEM certificate's DER.
    CertificateDigest,
}

/// Fields that the server derives from each other at every write.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivedFields {
    /// What is set where; the first rule that holds counts.
    pub rules: Vec<DerivationRule>,
    /// A change that says the first of two fields, and not the second, takes the second back to its default.
    #[serde(default)]
    pub forgets: BTreeMap<String, String>,
}

/// What the server sets where fields have certain values; a null stands for none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivationRule {
    /// Fields that have one of these values.
    #[serde(default, rename = "where")]
    pub among: BTreeMap<String, Vec<Option<String>>>,
    /// Fields that have none of these.
    #[serde(default, rename = "unless")]
    pub not_among: BTreeMap<String, Vec<Option<String>>>,
    /// What fields become.
    pub set: BTreeMap<String, String>,
}

/// A list of which a member must stand in the same list of an entity that this one refers to; the first rule whose
/// foreign key is set counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlapRule {
    /// The list.
    pub field: String,
    /// The foreign key.
    pub of: String,
    /// Where the list stands not in that entity but in those of this collection that refer to it: in one of them, if
    /// there are any.
    pub through: Option<String>,
    /// What the server says of a list without such a member.
    pub message: String,
}

/// What is odd about the Admin API of a kind, and no other key tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// A PUT by name answers 500.
    PutByNameFails,
    /// A PUT on the nested path does not create: 404.
    PutNeedsExisting,
    /// There are such entities only while wasm filters are loaded.
    OnlyWithWasm,
}

/// Which Kong has a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Open source and Enterprise alike.
    #[default]
    Community,
    /// Enterprise and Konnect.
    Enterprise,
}

/// What the deletion of an entity does to those that refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The server refuses the deletion.
    Restrict,
    /// They are deleted as well.
    Cascade,
    /// Nothing: the id dangles.
    Dangle,
}

/// A field that files of an older format write otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegacyField {
    pub field: String,
    /// How it is brought to today's form.
    pub how: LegacyConversion,
}

/// How a value of formats 1.1 and 2.1 is brought to format 3.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegacyConversion {
    /// A list of paths: since Kong 3 a regular expression begins with `~`, and paths are in normal form.
    RoutePaths,
}

/// How an entity of this kind keeps its identity while its material changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotationRule {
    /// The fields that are the material.
    pub material: Vec<String>,
    /// The key of the nested list whose members tell which entity this is (`snis`).
    pub children: String,
}

/// How reports name an entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleRule {
    /// The first of these fields that is set is the name; the id where none is. Secret ones are shown as fingerprints.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Foreign fields said after it: `cors for service s`.
    #[serde(default, rename = "for")]
    pub of: Vec<String>,
    /// Whether those are said by their ids, as decK says a target's upstream.
    #[serde(default)]
    pub by_id: bool,
    /// What is said in brackets where none of those is set: `cors (global)`.
    #[serde(default)]
    pub otherwise: Option<String>,
}

/// A field that the server stores hashed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashedField {
    pub field: String,
    /// How: `sha1_with` is the hex SHA-1 of the value followed by the id in the foreign field `with`.
    pub how: HashMethod,
    /// The foreign field whose id is the salt.
    #[serde(default)]
    pub with: Option<String>,
    /// The boolean field that says whether it is hashed at all, if there is one (oauth2's `hash_secret`).
    #[serde(default)]
    pub when: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashMethod {
    /// Hex SHA-1 of the value followed by an id.
    Sha1With,
    /// A salted hash that cannot be computed again (argon2, bcrypt, pbkdf2): never comparable.
    Salted,
}
