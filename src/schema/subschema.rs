use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::corrections::{merge_corrections, remove_enterprise_fields};
use super::files::{self, SchemaFile};
use super::{Edition, Record, SchemaError, parse};
use json::Value;

/// The schemas of a family (`plugins`, `vaults`), by name.
pub(super) type SubschemaFamily = BTreeMap<String, Arc<Subschema>>;

/// The schema that a name adds to its kind's: read lazily, since most runs need few of many.
#[derive(Debug)]
pub(super) struct Subschema {
    source: SubschemaSource,
    edition: Edition,
    own_record: OnceLock<Result<Arc<Record>, SchemaError>>,
    merged_record: OnceLock<Arc<Record>>,
    has_all_checks: OnceLock<bool>,
}

#[derive(Clone, Debug)]
enum SubschemaSource {
    /// A file of `schemas/`, and one that corrects it.
    File(SchemaFile, Option<SchemaFile>),
    /// What a node answered, and a file that corrects it.
    Live(Arc<Value>, Option<SchemaFile>),
}

/// The families that are known without a node: recorded from Kong, and described in a folder of the family's name.
pub(super) fn recorded_family(family: &'static str) -> SubschemaFamily {
    let mut known = SubschemaFamily::new();
    for file in files::recorded_files(family) {
        known.insert(
            file.stem().to_owned(),
            Subschema::new(
                SubschemaSource::File(file, correction_file(family, file.stem())),
                Edition::Enterprise,
            ),
        );
    }
    for file in files::files_in(family) {
        known
            .entry(file.stem().to_owned())
            .or_insert_with(|| Subschema::new(SubschemaSource::File(file, None), Edition::Enterprise));
    }
    known
}

/// A family with what a node answered in place of what was recorded, corrected by the same files.
///
/// A schema that cannot be read leaves what was known.
pub(super) fn overlay_family(
    known: &SubschemaFamily,
    family: &str,
    live: &BTreeMap<String, Value>,
    edition: Edition,
) -> SubschemaFamily {
    let mut overlaid: SubschemaFamily = known
        .iter()
        .map(|(name, sub)| (name.clone(), Subschema::new(sub.source.clone(), edition)))
        .collect();
    for (name, schema) in live {
        let source = SubschemaSource::Live(Arc::new(schema.clone()), correction_file(family, name));
        let subschema = Subschema::new(source, Edition::Community);
        if subschema.own_record().is_ok() {
            overlaid.insert(name.clone(), subschema);
        }
    }
    overlaid
}

fn correction_file(family: &str, name: &str) -> Option<SchemaFile> {
    files::files_in(family).find(|file| file.stem() == name)
}

impl Subschema {
    fn new(source: SubschemaSource, edition: Edition) -> Arc<Self> {
        Arc::new(Self {
            source,
            edition,
            own_record: OnceLock::new(),
            merged_record: OnceLock::new(),
            has_all_checks: OnceLock::new(),
        })
    }

    /// What the name adds: its `config` and the fields of the kind that it narrows.
    pub(crate) fn own_record(&self) -> Result<Arc<Record>, SchemaError> {
        self.own_record
            .get_or_init(|| self.source.read_record(self.edition).map(Arc::new))
            .clone()
    }

    /// Whether the files tell everything that Kong checks of it.
    pub(crate) fn has_all_checks(&self) -> bool {
        let (SubschemaSource::File(_, correction) | SubschemaSource::Live(_, correction)) = &self.source;
        *self.has_all_checks.get_or_init(|| {
            let correction = correction.and_then(|file| file.parse().ok());
            correction.is_some_and(|file| file.get("all_checks_known") == Some(&Value::Bool(true)))
        })
    }

    /// Whether it is a live node's answer.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.source, SubschemaSource::Live(..))
    }

    /// The kind's record with its fields replaced by those of the same name here, as Kong does it.
    pub(crate) fn merged_record(&self, kind: &Arc<Record>) -> Arc<Record> {
        let Ok(own) = self.own_record() else {
            return Arc::clone(kind);
        };
        let whole = self.merged_record.get_or_init(|| Arc::new(merge_records(kind, &own)));
        Arc::clone(whole)
    }
}

fn merge_records(kind: &Record, own: &Record) -> Record {
    let mut whole = kind.clone();
    whole.fields.replace_or_append(&own.fields);
    whole.shorthands.extend(own.shorthands.iter().cloned());
    whole.entity_checks.extend(own.entity_checks.iter().cloned());
    whole.code_checks.extend(own.code_checks.iter().cloned());
    whole
}

impl SubschemaSource {
    fn read_record(&self, edition: Edition) -> Result<Record, SchemaError> {
        let (mut schema, name, correction) = match self {
            Self::File(file, correction) => (file.parse()?, file.path, correction),
            Self::Live(schema, correction) => (schema.as_ref().clone(), "live", correction),
        };
        if let Some(correction) = correction {
            let mut correction = correction.parse()?;
            if edition == Edition::Community {
                remove_enterprise_fields(&mut correction);
            }
            merge_corrections(&mut schema, &correction);
        }
        parse::parse_record(&schema).map_err(|reason| SchemaError::new(name, reason))
    }
}
