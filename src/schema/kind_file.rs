use super::corrections::{merge_corrections, remove_enterprise_fields};
use super::file_format::check_file::check_schema_file;
use super::file_format::kind_file;
use super::{SchemaError, files};
use json::{Value, json};

/// A kind file whose schema is laid over Kong's.
pub(super) type KindFile = kind_file::KindFileSpec<Value>;

impl KindFile {
    /// Every kind file, in order, which the build has checked.
    pub fn read_all() -> Result<Vec<Self>, SchemaError> {
        files::files_in("kinds")
            .map(|file| serde_yaml::from_str(file.text).map_err(|error| SchemaError::new(file.path, error)))
            .collect()
    }

    /// Checks a further kind file as the build does, and reads it.
    pub fn parse(path: &str, text: &str) -> Result<Self, SchemaError> {
        check_schema_file(path, text)?;
        serde_yaml::from_str(text).map_err(|error| SchemaError::new(path, error))
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
    pub(crate) fn corrected_schema(&self, schema: Option<&Value>, enterprise: bool) -> Value {
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

    fn build(text: &str) -> Result<(), String> {
        let file = KindFile::parse("kinds/a.yaml", text).map_err(|error| error.to_string())?;
        let schema = file.corrected_schema(None, true);
        assemble::build_kinds(&[file], &[schema])
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_wrong_file_says_what_is_wrong() {
        for (text, message) in [
            (
                "{name: a, collection: as, colour: red}",
                "kinds/a.yaml:1:27: unknown key 'colour'",
            ),
            ("{name: a}", "missing field `collection`"),
            (
                "{name: a, collection: as, nests: [{collection: bs, field: a}]}",
                "there is no kind bs",
            ),
            (
                "{name: a, collection: as, schema: {fields: [{b: {type: foreign}}]}}",
                "b: reference is missing",
            ),
        ] {
            let error = build(text).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
