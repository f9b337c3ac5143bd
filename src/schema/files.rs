use super::SchemaError;
use json::Value;

/// The files under `schemas/`, by their path below it, as `build.rs` lists them: sorted.
static SCHEMA_FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

#[derive(Clone, Copy, Debug)]
pub(super) struct SchemaFile {
    /// Its path below `schemas/`.
    pub path: &'static str,
    pub text: &'static str,
}

impl SchemaFile {
    /// Its name without folder and ending.
    pub fn stem(&self) -> &'static str {
        let name = self.path.rsplit('/').next().unwrap_or(self.path);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    /// What it holds, JSON and YAML alike.
    pub fn parse(&self) -> Result<Value, SchemaError> {
        if self.path.ends_with(".json") {
            serde_json::from_str(self.text).map_err(|error| SchemaError::new(self.path, error))
        } else {
            serde_yaml::from_str(self.text).map_err(|error| SchemaError::new(self.path, error))
        }
    }
}

/// The file at a path below `schemas/`; an empty one if there is none.
pub(super) fn file_at(name: &'static str) -> SchemaFile {
    let found = SCHEMA_FILES.iter().find(|(path, _)| *path == name);
    SchemaFile {
        path: name,
        text: found.map_or("", |(_, text)| text),
    }
}

/// The files right in a folder of `schemas/`, sorted.
pub(super) fn files_in(name: &str) -> impl Iterator<Item = SchemaFile> {
    SCHEMA_FILES
        .iter()
        .filter(move |(path, _)| {
            path.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| !rest.contains('/'))
        })
        .map(|&(path, text)| SchemaFile { path, text })
}

/// The recorded schemas of a family (`entities`, `plugins`, `vaults`), of whichever version of Kong they are.
pub(super) fn recorded_files(family: &str) -> impl Iterator<Item = SchemaFile> {
    SCHEMA_FILES
        .iter()
        .filter(move |(path, _)| {
            let mut parts = path.split('/');
            parts.next().is_some_and(|folder| folder.starts_with("kong-")) && parts.next() == Some(family)
        })
        .map(|&(path, text)| SchemaFile { path, text })
}

/// What a recorded node answers under `/schemas`: of an entity (family `entities`), a plugin (`plugins`) or a vault backend
/// (`vaults`); for a backend that no recorded node has, what its file says.
pub fn recorded_schema(family: &str, name: &str) -> Option<Value> {
    recorded_files(family)
        .chain(files_in(family))
        .find(|file| file.stem() == name)
        .and_then(|file| file.parse().ok())
}
