use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Kind, KindId, Object, Record};

/// All kinds, plugins and vault backends that are known: a value, handed to whoever needs it.
#[derive(Clone, Debug)]
pub struct Catalog {
    kinds: Vec<Kind>,
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
    /// The plugins that the node has loaded, if it told.
    pub loaded_plugins: Option<BTreeSet<String>>,
    /// The vault backends that the node has loaded, if it told.
    pub loaded_vaults: Option<BTreeSet<String>>,
}

impl Catalog {
    /// The catalog of the files under `schemas/`, recorded from Kong Gateway 3.9.1, with Enterprise kinds and vault backends.
    pub fn recorded() -> Arc<Self> {
        todo!()
    }

    /// This catalog with a live node's own schemas in place of the recorded ones.
    pub fn overlaid(&self, live: &LiveSchemas) -> Self {
        let _ = live;
        todo!()
    }

    /// The kind at that place.
    pub fn kind(&self, id: KindId) -> &Kind {
        &self.kinds[usize::from(id.0)]
    }

    /// Every kind, in the order of their files.
    pub fn kinds(&self) -> impl Iterator<Item = (KindId, &Kind)> {
        self.kinds
            .iter()
            .enumerate()
            .map(|(at, kind)| (KindId(at as u16), kind))
    }

    /// The kind of that collection (`key_sets`), or of that name or alias.
    pub fn find(&self, word: &str) -> Option<KindId> {
        self.kinds()
            .find(|(_, kind)| {
                kind.collection == word || kind.name == word || kind.aliases.iter().any(|alias| alias == word)
            })
            .map(|(id, _)| id)
    }

    /// The whole record of an entity: the kind's, with an abstract `config` resolved by the body's `name`.
    ///
    /// The config of an unknown plugin or backend stays abstract.
    pub fn record(&self, kind: KindId, body: &Object) -> Arc<Record> {
        let _ = (kind, body);
        todo!()
    }

    /// Whether the catalog knows a plugin's schema.
    pub fn plugin(&self, name: &str) -> Option<Arc<Record>> {
        let _ = name;
        todo!()
    }

    /// Whether the catalog knows a vault backend's schema.
    pub fn vault(&self, name: &str) -> Option<Arc<Record>> {
        let _ = name;
        todo!()
    }
}
