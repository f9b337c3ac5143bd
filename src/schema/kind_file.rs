use std::collections::BTreeMap;

use serde::Deserialize;

use super::corrections::{merge_corrections, remove_enterprise_fields};
use super::files::{self, SchemaError};
use super::{
    ComputedField, Edition, HashedField, LegacyField, NamedCheck, OnDelete, Quirk, RotationRule, SubschemaSelector,
    TitleRule,
};
use json::{Value, json};

/// A file of `schemas/kinds/`: what Kong's own schema does not tell of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindFile {
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
    pub checks: Vec<NamedCheck>,
    pub subschemas: Option<SubschemaSelector>,
    /// Corrections of the recorded schema, or all of it where none was recorded, in Kong's shape.
    #[serde(default)]
    pub schema: Value,
}

/// A field that holds a list of ids.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignListFile {
    pub field: String,
    pub collection: String,
    pub on_delete: OnDelete,
}

/// A list that files may nest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NestedListFile {
    /// The nested kind's collection, where the file says none.
    pub key: Option<String>,
    pub collection: String,
    pub field: String,
    pub refers: Option<String>,
    #[serde(default)]
    pub read_only: bool,
}

/// A field that names children.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChildNamesFile {
    pub field: String,
    pub collection: String,
    pub unknown: String,
}

impl KindFile {
    /// Every kind file, in order.
    pub fn read_all() -> Result<Vec<Self>, SchemaError> {
        files::files_in("kinds")
            .map(|file| serde_yaml::from_str(file.text).map_err(|error| SchemaError::new(file.path, error)))
            .collect()
    }

    /// The schema that was recorded for the kind, if one was.
    pub fn recorded_schema(&self) -> Result<Option<Value>, SchemaError> {
        files::recorded_files("entities")
            .find(|file| file.stem() == self.collection)
            .map(|file| file.parse())
            .transpose()
    }

    /// The kind's schema: the given one, corrected by the file. Fields of a file that belong to Enterprise alone count
    /// where `enterprise` says so, since a node's own schema tells whether it has them.
    pub fn corrected_schema(&self, schema: Option<&Value>, enterprise: bool) -> Value {
        let mut corrected = schema.cloned().unwrap_or_else(|| json!({}));
        let mut corrections = self.schema.clone();
        if !enterprise {
            remove_enterprise_fields(&mut corrections);
        }
        merge_corrections(&mut corrected, &corrections);
        corrected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble;

    fn made(text: &str) -> Result<(), String> {
        let file: KindFile = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let schema = file.corrected_schema(None, true);
        assemble::build_kinds(&[file], &[schema])
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_wrong_file_says_what_is_wrong() {
        for (text, why) in [
            ("{name: a, collection: as, colour: red}", "unknown field `colour`"),
            ("{name: a}", "missing field `collection`"),
            (
                "{name: a, collection: as, nests: [{collection: bs, field: a}]}",
                "there is no kind bs",
            ),
            (
                "{name: a, collection: as, schema: {fields: [{b: {type: text}}]}}",
                "b: there is no type text",
            ),
        ] {
            let error = made(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
