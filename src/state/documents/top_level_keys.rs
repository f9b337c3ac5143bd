use std::collections::HashMap;

use schema::{Catalog, Edition, Kind, KindId};
use yaml::{MapEntry, suggest_similar};

/// The keys of a document that say how to read the rest of it.
pub(super) const HEADER_KEYS: [&str; 8] = [
    "_format_version",
    "_info",
    "_plugin_configs",
    "_workspace",
    "_konnect",
    "_transform",
    "_comment",
    "_ignore",
];

/// Keys that decK or Kong knows and whose entities this program does not manage, with what they are.
const UNMANAGED_KEYS: [(&str, &str); 19] = [
    ("apis", "what Kong had before services and routes"),
    ("rbac_roles", "roles of Kong Enterprise's RBAC"),
    ("rbac_users", "users of Kong Enterprise's RBAC"),
    ("admins", "administrators of Kong Enterprise"),
    ("workspaces", "workspaces of Kong Enterprise"),
    ("licenses", "licenses of Kong Enterprise"),
    ("service_packages", "packages of Konnect's former Service Hub"),
    ("custom_entities", "entities of Kong Enterprise's plugins"),
    (
        "cloned_plugins",
        "copies of plugins under other names, known to Konnect",
    ),
    ("custom_plugins", "code of plugins, known to Konnect"),
    ("ai_models", "models of Kong's AI Gateway"),
    ("degraphql_routes", "entities of Kong Enterprise's degraphql plugin"),
    (
        "graphql_ratelimiting_cost_decorations",
        "entities of Kong Enterprise's graphql-rate-limiting-advanced plugin",
    ),
    ("oauth2_tokens", "tokens that Kong's oauth2 plugin hands out"),
    (
        "oauth2_authorization_codes",
        "codes that Kong's oauth2 plugin hands out",
    ),
    ("sessions", "sessions that Kong's session plugin keeps"),
    ("acme_storage", "what Kong's acme plugin keeps"),
    ("parameters", "Kong's own parameters"),
    ("clustering_data_planes", "Kong's list of its data planes"),
];

/// The keys that a document may have at its top level.
pub(super) struct TopLevelKeys<'a> {
    catalog: &'a Catalog,
    kinds_by_collection: HashMap<&'a str, KindId>,
    kinds_by_name: HashMap<&'a str, KindId>,
}

/// What a key at the top of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TopLevelKey {
    /// It says how to read the document.
    Header,
    /// It lists entities of a kind.
    Kind(KindId),
    /// It lists what is known but not managed: what that is.
    Unmanaged(&'static str),
    /// It is not known.
    Unknown,
}

impl<'a> TopLevelKeys<'a> {
    pub(super) fn from_catalog(catalog: &'a Catalog) -> Self {
        let mut kinds_by_collection = HashMap::new();
        for (id, kind) in catalog.kinds() {
            for alias in &kind.aliases {
                kinds_by_collection.entry(alias.as_str()).or_insert(id);
            }
        }
        for (id, kind) in catalog.kinds() {
            kinds_by_collection.insert(kind.collection.as_str(), id);
        }
        let kinds_by_name = catalog.kinds().map(|(id, kind)| (kind.name.as_str(), id)).collect();
        Self {
            catalog,
            kinds_by_collection,
            kinds_by_name,
        }
    }

    /// The kind that `_info.defaults` is about under that key: decK's word for one of it, or for its list.
    pub(super) fn kind_for_defaults(&self, key: &str) -> Option<KindId> {
        self.kinds_by_name
            .get(key)
            .or_else(|| self.kinds_by_collection.get(key))
            .copied()
    }

    /// What that key is.
    pub(super) fn classify_key(&self, key: &str) -> TopLevelKey {
        if HEADER_KEYS.contains(&key) {
            return TopLevelKey::Header;
        }
        if let Some(&kind) = self.kinds_by_collection.get(key) {
            return TopLevelKey::Kind(kind);
        }
        UNMANAGED_KEYS
            .iter()
            .find(|(word, _)| *word == key)
            .map_or(TopLevelKey::Unknown, |(_, what)| TopLevelKey::Unmanaged(what))
    }

    /// The known key that is nearest to an unknown one. People also write what the Admin API calls a kind
    /// (`key-auths`), or what decK calls one.
    pub(super) fn suggest_key(&self, key: &str) -> Option<&str> {
        let mut known: Vec<(&str, &str)> = HEADER_KEYS.into_iter().map(|word| (word, word)).collect();
        for (_, kind) in self.catalog.kinds() {
            let collection = kind.collection.as_str();
            let names = [collection, &kind.name, &kind.path]
                .into_iter()
                .chain(kind.nested_path.as_deref());
            known.extend(names.map(|word| (word, collection)));
        }
        let word = key.replace('_', "-");
        let exact = known.iter().find(|(known, _)| known.replace('_', "-") == word);
        exact
            .or_else(|| {
                let suggestion = suggest_similar(key, known.iter().map(|(word, _)| *word))?;
                known.iter().find(|(word, _)| *word == suggestion)
            })
            .map(|(_, collection)| *collection)
    }

    /// Whether a key is nearly one that a document may have: enough to take its file for a state file with a typing error.
    pub(super) fn resembles_known_key(&self, key: &str) -> bool {
        let kinds = self
            .catalog
            .kinds()
            .filter(|(_, kind)| kind.edition == Edition::Community);
        let known = kinds.map(|(_, kind)| kind.collection.as_str()).chain(HEADER_KEYS);
        key.len() > 3 && suggest_similar(key, known).is_some()
    }

    /// The list to which a map belongs that is one entity by itself: that of the first kind that has all of its fields.
    pub(super) fn collection_with_fields(&self, entries: &[MapEntry]) -> Option<&str> {
        let has_field = |kind: &Kind, key: &str| {
            kind.record.field_or_shorthand(key).is_some()
                || kind.nested_lists.iter().any(|nested_list| nested_list.key == key)
        };
        let has_all = |kind: &Kind| entries.iter().all(|entry| has_field(kind, &entry.key));
        let (_, kind) = self
            .catalog
            .kinds()
            .filter(|_| !entries.is_empty())
            .find(|(_, kind)| has_all(kind))?;
        Some(&kind.collection)
    }

    /// decK's word for the kind whose word is nearest to an unknown one.
    pub(super) fn suggest_kind(&self, key: &str) -> Option<&str> {
        suggest_similar(key, self.catalog.kinds().map(|(_, kind)| kind.name.as_str()))
    }
}
