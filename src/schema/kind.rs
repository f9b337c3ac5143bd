use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    ComputedField, DerivedFields, Edition, FieldPath, HashedField, KindCheck, LegacyField, OnDelete, OverlapRule,
    Quirk, Record, RotationRule, SubschemaSelector, TitleRule,
};
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
    /// Checks of Kong's that no schema tells.
    pub checks: Vec<KindCheck>,
    /// Whether the files tell everything that Kong checks of an entity.
    pub(crate) all_checks_known: bool,
    /// Fields that the server derives from each other at every write.
    pub derived: Option<DerivedFields>,
    /// Lists that must have a member in common with those of entities that are referred to.
    pub overlaps: Vec<OverlapRule>,
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

impl SubschemaSelector {
    /// The schema that a body names.
    pub(crate) fn subschema_name<'a>(&self, body: &'a Object) -> Option<&'a str> {
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
    pub field: String,
    /// The kind of the children: the foreign field of theirs that points at this kind is the link.
    pub kind: KindId,
    /// What the server answers when no child bears the name that a path holds.
    pub not_found_message: String,
}

/// A field that points at entities of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignField {
    pub field: String,
    pub kind: KindId,
    /// Whether it holds a list of ids rather than one `{"id": …}`.
    pub is_list: bool,
    pub required: bool,
    /// What happens to this entity when that one is deleted.
    pub on_delete: OnDelete,
}

/// A list of entities that files may nest in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedList {
    /// The key in the file: `routes`, `keyauth_credentials`.
    pub key: String,
    pub kind: KindId,
    /// The field of the nested entity that the nesting stands for.
    pub field: String,
    /// Where the members are no bodies but name an entity each (a consumer's `groups`): the foreign field that they fill.
    pub reference_field: Option<String>,
    /// Whether it is read and never written, because decK does not read it.
    pub read_only: bool,
}
