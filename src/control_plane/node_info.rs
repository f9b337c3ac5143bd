use std::collections::BTreeSet;

use super::wire;
use json::Value;
use schema::{Edition, LiveSchemas};

/// What a node says of itself. Read leniently: what is missing is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeInfo {
    /// `3.9.1`, `3.15.0.3-enterprise-edition`.
    pub version: Option<String>,
    /// Its edition.
    pub edition: Option<Edition>,
    /// The plugins it has loaded.
    pub loaded_plugins: Option<BTreeSet<String>>,
    /// The vault backends it has loaded.
    pub loaded_vaults: Option<BTreeSet<String>>,
}

impl NodeInfo {
    /// Reads the body of `GET /`; `None` if it is not Kong's.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let root: Value = serde_json::from_slice(body).ok()?;
        let version = to_text(root.get(wire::VERSION)?)?;
        let configuration = root.get("configuration");
        let names_in = |name: &str| {
            configuration
                .and_then(|configuration| configuration.get(name))
                .and_then(parse_names)
        };
        Some(Self {
            edition: Some(parse_edition(root.get("edition").and_then(Value::as_str), &version)),
            version: Some(version),
            loaded_plugins: root
                .get("plugins")
                .and_then(|plugins| plugins.get("available_on_server"))
                .and_then(parse_names)
                .or_else(|| names_in("loaded_plugins")),
            loaded_vaults: names_in("loaded_vaults"),
        })
    }

    /// What is known of its schemas before any of them is read.
    pub fn to_live_schemas(&self) -> LiveSchemas {
        LiveSchemas {
            version: self.version.clone(),
            loaded_plugins: self.loaded_plugins.clone(),
            loaded_vaults: self.loaded_vaults.clone(),
            ..LiveSchemas::default()
        }
    }
}

fn parse_edition(name: Option<&str>, version: &str) -> Edition {
    match name {
        Some("community") => Edition::Community,
        Some(_) => Edition::Enterprise,
        None if version.contains("enterprise") => Edition::Enterprise,
        None => Edition::Community,
    }
}

fn to_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The names in a map of them or a list of them. Kong writes an empty map as either.
fn parse_names(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::Object(members) => Some(members.keys().map(str::to_owned).collect()),
        Value::Array(members) => Some(members.iter().filter_map(to_text).collect()),
        _ => None,
    }
}
