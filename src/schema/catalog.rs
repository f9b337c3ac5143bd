use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::kind_file::KindFile;
use super::referenceable::is_listed_plugin;
use super::subschema::{self, SubschemaFamily};
use super::{Edition, Kind, KindId, Record, SchemaError, assemble, files, keywords, overlay, parse};
use json::{Object, Value};

/// All kinds, plugins and vault backends that are known: a value, handed to whoever needs it.
#[derive(Clone, Debug)]
pub struct Catalog {
    files: Arc<[KindFile]>,
    kinds: Arc<[Kind]>,
    families: BTreeMap<String, SubschemaFamily>,
    edition: Edition,
    version: Option<String>,
    live_collections: BTreeSet<String>,
    loaded_plugins: Option<BTreeSet<String>>,
    loaded_vaults: Option<BTreeSet<String>>,
    loaded_filters: Option<BTreeSet<String>>,
    shared_dictionaries: Option<BTreeSet<String>>,
}

/// What a live node answered under `/schemas/*` and `/`.
#[derive(Clone, Debug, Default)]
pub struct LiveSchemas {
    /// The node's version: `3.9.1`.
    pub version: Option<String>,
    /// `GET /schemas/ENTITY`, by collection.
    pub entities: BTreeMap<String, Value>,
    /// `GET /schemas/plugins/NAME`, by plugin.
    pub plugins: BTreeMap<String, Value>,
    /// `GET /schemas/vaults/NAME`, by backend.
    pub vaults: BTreeMap<String, Value>,
    /// The plugins that the node has loaded, if known.
    pub loaded_plugins: Option<BTreeSet<String>>,
    /// The vault backends that the node has loaded, if known.
    pub loaded_vaults: Option<BTreeSet<String>>,
    /// The proxy-wasm filters that the node has loaded, if known.
    pub loaded_filters: Option<BTreeSet<String>>,
    /// The dictionaries that the node's workers share, if it told.
    pub shared_dictionaries: Option<BTreeSet<String>>,
}

/// The families of schemas that complete an entity by a name in it.
const FAMILIES: [&str; 4] = [PLUGINS, VAULTS, "partials", keywords::PROTOCOLS];
/// The version of Kong whose schemas and checks were recorded.
const RECORDED_VERSION: &str = "3.9.1";
const PLUGINS: &str = "plugins";
const VAULTS: &str = "vaults";

impl Catalog {
    /// The catalog of the files under `schemas/`, recorded from Kong Gateway 3.9.1, with Enterprise kinds, fields and
    /// vault backends. Built once a process.
    ///
    /// # Panics
    /// If a file under `schemas/`, which are part of the program, is wrong; a test reads them all.
    pub fn recorded() -> Arc<Self> {
        static RECORDED: OnceLock<Arc<Catalog>> = OnceLock::new();
        let recorded = RECORDED.get_or_init(|| match Self::with_kind_files(&[]) {
            Ok(catalog) => Arc::new(catalog),
            Err(error) => panic!("{error}"),
        });
        Arc::clone(recorded)
    }

    /// The recorded catalog with kinds of further files: the path of each (`kinds/widget.yaml`) and its text.
    ///
    /// # Errors
    /// A file that the build would refuse under `schemas/`, or that speaks of kinds that do not exist.
    pub fn with_kind_files(further: &[(&str, &str)]) -> Result<Self, SchemaError> {
        let mut files = KindFile::read_all()?;
        for (path, text) in further {
            files.push(KindFile::parse(path, text)?);
        }
        let live = LiveSchemas::default();
        let kinds = assemble::build_kinds(&files, &overlay::overlay_schemas(&files, &live, Edition::Enterprise)?)?;
        Ok(Self {
            files: files.into(),
            kinds: kinds.into(),
            families: FAMILIES
                .map(|name| (name.to_owned(), subschema::recorded_family(name)))
                .into(),
            edition: Edition::Enterprise,
            version: None,
            live_collections: BTreeSet::new(),
            loaded_plugins: None,
            loaded_vaults: None,
            loaded_filters: None,
            shared_dictionaries: None,
        })
    }

    /// This catalog with a live node's own schemas in place of the recorded ones: a field that the node knows is known
    /// from then on, one that it lacks no more. What kind files add (secrets, identity, corrections) stays, and so do
    /// the places of kinds. Where the node told nothing of a kind or plugin, what was recorded stands, without the
    /// fields that only Enterprise has unless the node is one (its version says so, or it told of an Enterprise kind).
    /// A schema of the node that cannot be read counts as not told.
    ///
    /// An embedded control plane is a live node that tells which plugins, vaults and filters it has loaded.
    pub fn with_live_schemas(&self, live: &LiveSchemas) -> Self {
        let edition = self.detect_edition(live);
        let kinds = self
            .live_kinds(live, edition)
            .unwrap_or_else(|_| Arc::clone(&self.kinds));
        let none = BTreeMap::new();
        let families = self.families.iter().map(|(name, known)| {
            let answered = match name.as_str() {
                PLUGINS => &live.plugins,
                VAULTS => &live.vaults,
                _ => &none,
            };
            (name.clone(), subschema::overlay_family(known, name, answered, edition))
        });
        Self {
            files: Arc::clone(&self.files),
            kinds,
            families: families.collect(),
            edition,
            version: live.version.clone(),
            live_collections: live.entities.keys().cloned().collect(),
            loaded_plugins: live.loaded_plugins.clone(),
            loaded_vaults: live.loaded_vaults.clone(),
            loaded_filters: live.loaded_filters.clone(),
            shared_dictionaries: live.shared_dictionaries.clone(),
        }
    }

    fn live_kinds(&self, live: &LiveSchemas, edition: Edition) -> Result<Arc<[Kind]>, SchemaError> {
        let mut live = live.clone();
        live.entities.retain(|_, schema| parse::parse_record(schema).is_ok());
        Ok(assemble::build_kinds(&self.files, &overlay::overlay_schemas(&self.files, &live, edition)?)?.into())
    }

    /// Which edition a node is: Enterprise says so in its version or counts in four numbers, and has kinds of its own.
    fn detect_edition(&self, live: &LiveSchemas) -> Edition {
        let answers_for_kind =
            |file: &KindFile| file.edition == Edition::Enterprise && live.entities.contains_key(&file.collection);
        let is_enterprise_version = |version: &String| version.contains("enterprise") || version.split('.').count() > 3;
        if live.version.as_ref().is_some_and(is_enterprise_version) || self.files.iter().any(answers_for_kind) {
            Edition::Enterprise
        } else {
            Edition::Community
        }
    }

    pub fn kind(&self, id: KindId) -> &Kind {
        &self.kinds[usize::from(id.0)]
    }

    /// Every kind, in the order of their files, Enterprise ones included.
    pub fn kinds(&self) -> impl Iterator<Item = (KindId, &Kind)> {
        self.kinds
            .iter()
            .enumerate()
            .map(|(at, kind)| (KindId(at as u16), kind))
    }

    /// The kind of that collection (`key_sets`), or of that name or alias.
    pub fn find_kind(&self, name: &str) -> Option<KindId> {
        self.kinds()
            .find(|(_, kind)| {
                kind.collection == name || kind.name == name || kind.aliases.iter().any(|alias| alias == name)
            })
            .map(|(id, _)| id)
    }

    /// The whole record of an entity: the kind's, with an abstract `config` resolved by the body's `name` (or what the
    /// kind's subschemas go by). Cheap: each is made once.
    ///
    /// The config of an unknown plugin or backend stays abstract.
    pub fn record(&self, kind: KindId, body: &Object) -> Arc<Record> {
        let selector = self.kind(kind).subschemas.as_ref();
        self.record_for_subschema(kind, selector.and_then(|selector| selector.subschema_name(body)))
    }

    /// The same, of a body that names that schema, or none.
    pub fn record_for_subschema(&self, kind: KindId, name: Option<&str>) -> Arc<Record> {
        let kind = self.kind(kind);
        kind.subschemas
            .as_ref()
            .and_then(|selector| {
                let name = name.or_else(|| selector.default_name(&kind.record))?;
                Some(
                    self.families
                        .get(&selector.family)?
                        .get(name)?
                        .merged_record(&kind.record),
                )
            })
            .unwrap_or_else(|| Arc::clone(&kind.record))
    }

    /// A plugin's own schema, if the catalog knows it.
    pub fn plugin_schema(&self, name: &str) -> Option<Arc<Record>> {
        self.subschema(PLUGINS, name)
    }

    /// A vault backend's own schema, if the catalog knows it.
    pub fn vault_schema(&self, name: &str) -> Option<Arc<Record>> {
        self.subschema(VAULTS, name)
    }

    /// The schema of that name in a family (`plugins`, `vaults`, `partials`), if the catalog knows it.
    pub fn subschema(&self, family: &str, name: &str) -> Option<Arc<Record>> {
        self.families.get(family)?.get(name)?.own_record().ok()
    }

    /// The names in a family (`plugins`, `vaults`, `partials`), sorted.
    pub fn subschema_names(&self, family: &str) -> impl Iterator<Item = &str> {
        self.families
            .get(family)
            .into_iter()
            .flat_map(|family| family.keys().map(String::as_str))
    }

    /// Whether the schema of an entity is a live node's: of one that names a subschema, that subschema.
    pub(crate) fn has_live_schema(&self, kind: KindId, body: &Object) -> bool {
        let kind = self.kind(kind);
        let selector = kind
            .subschemas
            .as_ref()
            .and_then(|selector| Some((selector, selector.subschema_name(body)?)));
        match selector {
            Some((selector, name)) => {
                let known = self.families.get(&selector.family).and_then(|family| family.get(name));
                known.is_some_and(|known| known.is_live())
            }
            None => self.live_collections.contains(&kind.collection),
        }
    }

    /// Whether the files tell everything that Kong checks of an entity of this kind that names that schema (of a plugin: its
    /// name), or none, so that [`crate::check_body`] finds all that a node's `/schemas/ENTITY/validate` would. Of a node of
    /// another version than the recorded one that is never known.
    pub fn knows_all_checks(&self, kind: KindId, subschema: Option<&str>) -> bool {
        let kind = self.kind(kind);
        let of_version = self
            .version
            .as_deref()
            .is_none_or(|version| version == RECORDED_VERSION);
        let of_schema = kind.subschemas.as_ref().is_none_or(|sub| {
            let family = self.families.get(&sub.family);
            let known = family.zip(subschema).and_then(|(family, name)| family.get(name));
            known.is_some_and(|known| known.has_all_checks())
        });
        of_version && kind.all_checks_known && of_schema
    }

    /// The node's edition; Enterprise where no node is known, which has all kinds.
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// The node's version, if this catalog is a live node's.
    pub fn node_version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether the name is known in a family (`plugins`, `vaults`), but was not recorded from Kong's open-source edition.
    pub fn is_enterprise_subschema(&self, family: &str, name: &str) -> bool {
        let is_recorded = files::recorded_files(family).any(|file| file.stem() == name);
        let is_listed = || family == PLUGINS && is_listed_plugin(name);
        !is_recorded && (files::files_in(family).any(|file| file.stem() == name) || is_listed())
    }

    /// What the node has loaded of a family (`plugins`, `vaults`), if known.
    pub fn loaded_names(&self, family: &str) -> Option<&BTreeSet<String>> {
        match family {
            PLUGINS => self.loaded_plugins(),
            VAULTS => self.loaded_vaults(),
            _ => None,
        }
    }

    /// The plugins that the node has loaded, if known.
    pub fn loaded_plugins(&self) -> Option<&BTreeSet<String>> {
        self.loaded_plugins.as_ref()
    }

    /// The vault backends that the node has loaded, if known.
    pub fn loaded_vaults(&self) -> Option<&BTreeSet<String>> {
        self.loaded_vaults.as_ref()
    }

    /// The dictionaries that the node's workers share, if known.
    pub(crate) fn shared_dictionaries(&self) -> Option<&BTreeSet<String>> {
        self.shared_dictionaries.as_ref()
    }

    /// The proxy-wasm filters that the node has loaded, if known.
    pub fn loaded_filters(&self) -> Option<&BTreeSet<String>> {
        self.loaded_filters.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_right() {
        let catalog = Catalog::with_kind_files(&[]).unwrap();
        assert!(catalog.kinds().count() >= 26);
        for (_, kind) in catalog.kinds() {
            for path in &kind.secret_fields {
                assert!(
                    kind.record.field_at(path).is_some_and(|field| field.secret),
                    "{}: {path}",
                    kind.name
                );
            }
        }
        for (name, family) in &catalog.families {
            for (member, schema) in family {
                schema
                    .own_record()
                    .unwrap_or_else(|error| panic!("{name}/{member}: {error}"));
            }
        }
    }

    #[test]
    fn a_kind_is_found_by_collection_and_by_name() {
        let catalog = Catalog::recorded();
        assert_eq!(catalog.find_kind("keyauth_credentials"), catalog.find_kind("key-auth"));
        assert!(catalog.find_kind("key-auth").is_some());
        assert_eq!(catalog.find_kind("nonsense"), None);
    }
}
