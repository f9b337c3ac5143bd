use std::collections::BTreeSet;

use super::admin_route::served_kinds;
use super::control_plane::{EmbeddedControlPlane, json_response};
use super::error::EmbeddedError;
use super::expiry::take_expiry;
use http::{Method, Response};
use json::{Object, Value, json};
use schema::{CheckPurpose, Edition, check_body, recorded_schema};

/// What a node of the recorded version answers about itself.
const ROOT_JSON: &str = include_str!("../../schemas/kong-3.9.1/root.json");

/// What an Enterprise node says of its version; the recorded one is open source.
pub(super) fn enterprise_version(edition: Edition) -> Option<&'static str> {
    (edition == Edition::Enterprise).then_some("3.9.1.0-enterprise-edition")
}

/// The dictionaries that the workers of a node share unless its settings add to them.
pub(super) fn shared_dictionaries() -> BTreeSet<String> {
    const NAMES: [&str; 12] = [
        "kong",
        "kong_cluster_events",
        "kong_core_db_cache",
        "kong_core_db_cache_miss",
        "kong_db_cache",
        "kong_db_cache_miss",
        "kong_dns_cache",
        "kong_healthchecks",
        "kong_locks",
        "kong_rate_limiting_counters",
        "kong_secrets",
        "prometheus_metrics",
    ];
    NAMES.map(str::to_owned).into()
}

/// The plugins that the recorded node has loaded.
pub(super) fn loaded_plugins() -> BTreeSet<String> {
    let root = recorded_root();
    let loaded = root["configuration"]["loaded_plugins"].as_object();
    loaded
        .into_iter()
        .flat_map(|plugins| plugins.keys().map(str::to_owned))
        .collect()
}

impl EmbeddedControlPlane {
    /// `GET /`
    pub(super) fn get_root(&self) -> Response {
        let mut root = recorded_root();
        let vaults: Object = self
            .vaults
            .iter()
            .map(|name| (name.clone(), Value::Bool(true)))
            .collect();
        if let Some(loaded) = root
            .get_mut("configuration")
            .and_then(|known| known.get_mut("loaded_vaults"))
        {
            *loaded = Value::Object(vaults);
        }
        if let Some(version) = enterprise_version(self.catalog.edition())
            && let Some(root) = root.as_object_mut()
        {
            root.insert("version", Value::from(version));
            root.insert("edition", Value::from("enterprise"));
        }
        if let Some(id) = root.get_mut("node_id") {
            *id = Value::from(self.store.node_id());
        }
        json_response(200, &root)
    }

    /// `GET /status`
    pub(super) fn get_status(&self) -> Response {
        let server = json!({
            "connections_accepted": 1, "connections_active": 1, "connections_handled": 1, "connections_reading": 0,
            "connections_waiting": 0, "connections_writing": 1, "total_requests": 1,
        });
        let memory = json!({ "workers_lua_vms": [], "lua_shared_dicts": {} });
        json_response(
            200,
            &json!({ "database": { "reachable": true }, "memory": memory, "server": server }),
        )
    }

    /// `/config`, which only nodes without a database have.
    pub(super) fn config_unavailable(&self) -> EmbeddedError {
        let message = "this endpoint is only available when Kong is configured to not use a database";
        EmbeddedError::Message(400, message.to_owned())
    }

    /// `/schemas/…`
    pub(super) fn handle_schemas(
        &self,
        method: Method,
        segments: &[String],
        body: &Object,
    ) -> Result<Response, EmbeddedError> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (method, segments.as_slice()) {
            (Method::Post, [entity, "validate"]) => self.validate_entity(entity, body),
            (_, [_, "validate"]) => Err(EmbeddedError::MethodNotAllowed),
            (Method::Get, [entity]) => schema_response("entities", entity, "entity"),
            (Method::Get, ["plugins", name]) if !loaded_plugins().contains(*name) => {
                Err(name_not_found("plugin", name))
            }
            (Method::Get, ["plugins", name]) => schema_response("plugins", name, "plugin"),
            (Method::Get, ["vaults", name]) if !self.vaults.contains(*name) => Err(name_not_found("vault", name)),
            (Method::Get, ["vaults", name]) => schema_response("vaults", name, "vault"),
            (_, [_] | ["plugins" | "vaults", _]) => Err(EmbeddedError::MethodNotAllowed),
            _ => Err(EmbeddedError::NotFound),
        }
    }

    /// `POST /schemas/services/validate`: what a body alone can tell.
    fn validate_entity(&self, entity: &str, body: &Object) -> Result<Response, EmbeddedError> {
        let (id, kind) = served_kinds(&self.catalog)
            .find(|(_, kind)| kind.collection == entity)
            .ok_or_else(|| name_not_found("entity", entity))?;
        let mut body = body.clone();
        take_expiry(kind, &mut body, self.now())?;
        check_body(&self.catalog, id, &body, CheckPurpose::Validate, self.now() as i64)?;
        Ok(json_response(
            200,
            &json!({ "message": "schema validation successful" }),
        ))
    }
}

fn recorded_root() -> Value {
    serde_json::from_str(ROOT_JSON).unwrap_or_default()
}

fn schema_response(family: &str, name: &str, noun: &str) -> Result<Response, EmbeddedError> {
    let schema = recorded_schema(family, name).ok_or_else(|| name_not_found(noun, name))?;
    Ok(json_response(200, &schema))
}

fn name_not_found(noun: &str, name: &str) -> EmbeddedError {
    EmbeddedError::Message(404, format!("No {noun} named '{name}'"))
}
