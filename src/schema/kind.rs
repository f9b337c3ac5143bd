use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{FieldPath, Record};
use json::{Object, Value};

/// A kind's place in its catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(pub u16);

/// A sort of Kong entity, as its file under `schemas/kinds/` describes it.
#[derive(Clone, Debug)]
pub struct Kind {
    /// decK's word for it in output: `vault`, `ca-certificate`, `key-auth`.
    pub name: String,
    /// Kong's name of the collection: the schema's name, the top-level key of a file, the word in errors: `key_sets`.
    pub collection: String,
    /// The segment of the Admin API's path: `key-sets`.
    pub path: String,
    /// Other keys under which files list it (decK's where it differs from Kong's).
    pub aliases: Vec<String>,
    /// Which editions have it.
    pub edition: Edition,
    /// The field, besides the id, by which a path names an entity: `name`, `prefix`, `username`.
    pub endpoint_key: Option<String>,
    /// Natural keys, best first: each a list of fields that together say which entity this is.
    pub identity: Vec<Vec<String>>,
    /// Sets of fields no two entities may share (single `unique` fields of the schema included).
    pub unique_sets: Vec<Vec<String>>,
    /// Fields that hold the id of an entity, or a list of ids, of another kind.
    pub foreign_fields: Vec<ForeignField>,
    /// The foreign field on whose path the entity lives, where it has no path of its own to be listed and made (targets: `upstream`).
    pub parent: Option<String>,
    /// Lists of other entities that a file may nest in one of this kind.
    pub nested_lists: Vec<NestedList>,
    /// Fields that files of an older format write otherwise.
    pub legacy_fields: Vec<LegacyField>,
    /// Names that fields had before, at any depth, and what they are called today.
    pub renamed_fields: BTreeMap<String, String>,
    /// Whether entities bear tags.
    pub taggable: bool,
    /// Fields that are secret besides those that the schema marks.
    pub secret_fields: Vec<FieldPath>,
    /// Fields that only the server sets and that are never compared nor sent: `updated_at`, `cert_digest`.
    pub server_only: Vec<String>,
    /// Fields that are not compared, and whose live value is carried into a write: `created_at`.
    pub preserved: Vec<String>,
    /// A field that the server stores hashed, so that a stored value must never be written again.
    pub hashed_field: Option<HashedField>,
    /// The fields that are the material of something that rotates in place (a certificate's `cert`, `key` …): an
    /// entity without an id is the one with equal material, else the one whose children (of the nest named here) are most of the declared.
    pub rotation: Option<RotationRule>,
    /// Whether a nameless entity is the same as an equal nameless one.
    pub same_if_equal: bool,
    /// How reports name an entity: fields in order of preference, and the foreign fields said after ` for `.
    pub title: TitleRule,
    /// Checks of Kong's that no schema tells, by name, with the fields they are about (see `schema::check`).
    pub checks: Vec<NamedCheck>,
    /// The segment under which another entity's path lists those of this kind that refer to it
    /// (`/consumers/C/key-auth`), where it differs from `path`.
    pub nested_path: Option<String>,
    /// What `/tags` calls the kind, where it differs from `collection` (`sm_vaults`).
    pub table: Option<String>,
    /// Fields that the query of a list can ask for (`/consumers?custom_id=c`).
    pub query_fields: Vec<String>,
    /// A field of the body that lists children by name (a certificate's `snis`).
    pub child_names: Option<ChildNamesField>,
    /// The field that counts the seconds until the entity vanishes (`ttl`), which no schema tells of.
    pub ttl_field: Option<String>,
    /// A field that the server makes of another (`cert_digest`).
    pub computed_field: Option<ComputedField>,
    /// What is odd about the kind's paths.
    pub quirks: Vec<Quirk>,
    /// Whose further schemas complete an abstract field, where there is one (plugins, vaults, partials).
    pub subschemas: Option<SubschemaSelector>,
    /// Fields, defaults and checks across fields. Secrets, shorthands and corrections of the kind file are in it.
    pub record: Arc<Record>,
}

impl Kind {
    /// Whether a field is nothing that people compare or write: the id, what only the server sets, what is carried, and
    /// what only stands for children.
    pub fn is_server_managed(&self, field: &str) -> bool {
        let among = |fields: &[String]| fields.iter().any(|known| known == field);
        let children = self.child_names.as_ref();
        field == "id"
            || among(&self.server_only)
            || among(&self.preserved)
            || children.is_some_and(|children| children.field == field)
    }
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

impl SubschemaSelector {
    /// The schema that a body names.
    pub fn subschema_name<'a>(&self, body: &'a Object) -> Option<&'a str> {
        match body.get(&self.by)? {
            Value::Array(names) => names.first()?.as_str(),
            name => name.as_str(),
        }
    }

    /// The schema of a body that names none, if the naming field has a default.
    pub fn default_name<'a>(&self, record: &'a Record) -> Option<&'a str> {
        match record.get(&self.by)?.default.as_ref()? {
            Value::Array(names) => names.first()?.as_str(),
            name => name.as_str(),
        }
    }

    /// What is said of a name that has no schema.
    pub fn format_unknown(&self, name: &str) -> String {
        self.unknown.replacen("%s", name, 1)
    }
}

/// A field that is not stored with the entity but stands for children of another kind, by their endpoint keys.
///
/// The entity can be asked for under a child's name too, its deletion deletes them first, and so does a PUT without the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildNamesField {
    /// The field.
    pub field: String,
    /// The kind of the children: the foreign field of theirs that points at this kind is the link.
    pub kind: KindId,
    /// What the server answers when no child bears the name that a path holds.
    pub not_found_message: String,
}

/// A field that the server makes of another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputedField {
    /// The field.
    pub field: String,
    /// What it is made of.
    pub from: String,
    /// How.
    pub how: ComputeMethod,
}

/// How a computed field is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeMethod {
    /// The hex SHA-256 of a PEM certificate's DER.
    CertificateDigest,
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

/// A field that points at entities of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignField {
    /// The field's name.
    pub field: String,
    /// What it points at.
    pub kind: KindId,
    /// Whether it holds a list of ids rather than one `{"id": …}`.
    pub is_list: bool,
    /// Whether every entity has it.
    pub required: bool,
    /// What happens to this entity when that one is deleted.
    pub on_delete: OnDelete,
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

/// A list of entities that files may nest in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedList {
    /// The key in the file: `routes`, `keyauth_credentials`.
    pub key: String,
    /// The nested kind.
    pub kind: KindId,
    /// The field of the nested entity that the nesting stands for.
    pub field: String,
    /// Where the members are no bodies but name an entity each (a consumer's `groups`): the foreign field that they fill.
    pub reference_field: Option<String>,
    /// Whether it is read and never written, because decK does not read it.
    pub read_only: bool,
}

/// A field that files of an older format write otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegacyField {
    /// The field.
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

/// A check that Kong makes in code: which one, and the fields it is about.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedCheck {
    /// Its name, one of those that `schema::check` knows.
    pub check: String,
    /// What it is told: field names mostly.
    #[serde(default, rename = "with")]
    pub arguments: json::Value,
}

/// A field that the server stores hashed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashedField {
    /// The field.
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

/// How a field is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashMethod {
    /// Hex SHA-1 of the value followed by an id.
    Sha1With,
    /// A salted hash that cannot be computed again (argon2, bcrypt, pbkdf2): never comparable.
    Salted,
}
