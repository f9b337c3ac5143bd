use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::files::{self, File, SchemaError};
use super::merge::{merge, without_enterprise};
use super::{Edition, Record, read};
use json::Value;

/// The schemas of a family (`plugins`, `vaults`), by name.
pub(super) type Family = BTreeMap<String, Arc<Subschema>>;

/// The schema that a name adds to its kind's: read when it is first asked for, since most runs need few of many.
#[derive(Debug)]
pub(super) struct Subschema {
    source: Source,
    edition: Edition,
    own: OnceLock<Result<Arc<Record>, SchemaError>>,
    whole: OnceLock<Arc<Record>>,
}

#[derive(Clone, Debug)]
enum Source {
    /// A file of `schemas/`, and one that corrects it.
    File(File, Option<File>),
    /// What a node answered, and a file that corrects it.
    Live(Arc<Value>, Option<File>),
}

/// The families that are known without a node: recorded from Kong, and described in a folder of the family's name.
pub(super) fn recorded(family: &'static str) -> Family {
    let mut known = Family::new();
    for file in files::recorded(family) {
        known.insert(
            file.stem().to_owned(),
            Subschema::new(Source::File(file, correction(family, file.stem())), Edition::Enterprise),
        );
    }
    for file in files::folder(family) {
        known
            .entry(file.stem().to_owned())
            .or_insert_with(|| Subschema::new(Source::File(file, None), Edition::Enterprise));
    }
    known
}

/// A family with what a node answered in place of what was recorded, corrected by the same files.
///
/// A schema that cannot be read leaves what was known.
pub(super) fn overlaid(known: &Family, family: &str, live: &BTreeMap<String, Value>, edition: Edition) -> Family {
    let mut overlaid: Family = known
        .iter()
        .map(|(name, sub)| (name.clone(), Subschema::new(sub.source.clone(), edition)))
        .collect();
    for (name, schema) in live {
        let source = Source::Live(Arc::new(schema.clone()), correction(family, name));
        let subschema = Subschema::new(source, Edition::Community);
        if subschema.own().is_ok() {
            overlaid.insert(name.clone(), subschema);
        }
    }
    overlaid
}

fn correction(family: &str, name: &str) -> Option<File> {
    files::folder(family).find(|file| file.stem() == name)
}

impl Subschema {
    fn new(source: Source, edition: Edition) -> Arc<Self> {
        Arc::new(Self {
            source,
            edition,
            own: OnceLock::new(),
            whole: OnceLock::new(),
        })
    }

    /// What the name adds: its `config` and the fields of the kind that it narrows.
    pub fn own(&self) -> Result<Arc<Record>, SchemaError> {
        self.own
            .get_or_init(|| self.source.read(self.edition).map(Arc::new))
            .clone()
    }

    /// Whether a node told it.
    pub fn is_live(&self) -> bool {
        matches!(self.source, Source::Live(..))
    }

    /// The kind's record with its fields replaced by those of the same name here, as Kong does it.
    pub fn whole(&self, kind: &Arc<Record>) -> Arc<Record> {
        let Ok(own) = self.own() else {
            return Arc::clone(kind);
        };
        let whole = self.whole.get_or_init(|| Arc::new(completed(kind, &own)));
        Arc::clone(whole)
    }
}

fn completed(kind: &Record, own: &Record) -> Record {
    let mut whole = kind.clone();
    whole.fields.put(&own.fields);
    whole.shorthands.extend(own.shorthands.iter().cloned());
    whole.entity_checks.extend(own.entity_checks.iter().cloned());
    whole
}

impl Source {
    fn read(&self, edition: Edition) -> Result<Record, SchemaError> {
        let (mut schema, name, correction) = match self {
            Self::File(file, correction) => (file.value()?, file.path, correction),
            Self::Live(schema, correction) => (schema.as_ref().clone(), "live", correction),
        };
        if let Some(correction) = correction {
            let mut correction = correction.value()?;
            if edition == Edition::Community {
                without_enterprise(&mut correction);
            }
            merge(&mut schema, &correction);
        }
        read::record(&schema).map_err(|why| SchemaError::new(name, why))
    }
}
