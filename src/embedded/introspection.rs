use std::collections::BTreeSet;

use super::control_plane::{ControlPlane, json_response};
use super::expiry::take_expiry;
use super::place::served;
use super::refusal::Refusal;
use control_plane::{Method, Response};
use json::{Object, Value, json};
use schema::{Purpose, check, recorded_answer};

/// What a node of the recorded version answers about itself.
const ROOT: &str = include_str!("../../schemas/kong-3.9.1/root.json");

/// The plugins that the recorded node has loaded.
pub(super) fn loaded_plugins() -> BTreeSet<String> {
    let root = root();
    let loaded = root["configuration"]["loaded_plugins"].as_object();
    loaded
        .into_iter()
        .flat_map(|plugins| plugins.keys().map(str::to_owned))
        .collect()
}

impl ControlPlane {
    /// `GET /`
    pub(super) fn root(&self) -> Response {
        let mut root = root();
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
        if let Some(id) = root.get_mut("node_id") {
            *id = Value::from(self.store.node_id());
        }
        json_response(200, &root)
    }

    /// `GET /status`
    pub(super) fn status(&self) -> Response {
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
    pub(super) fn no_config(&self) -> Refusal {
        let why = "this endpoint is only available when Kong is configured to not use a database";
        Refusal::Plain(400, why.to_owned())
    }

    /// `/schemas/…`
    pub(super) fn schema(&self, method: Method, words: &[String], body: &Object) -> Result<Response, Refusal> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (method, words.as_slice()) {
            (Method::Post, [entity, "validate"]) => self.validate(entity, body),
            (_, [_, "validate"]) => Err(Refusal::MethodNotAllowed),
            (Method::Get, [entity]) => recorded("entities", entity, "entity"),
            (Method::Get, ["plugins", name]) if !loaded_plugins().contains(*name) => Err(absent("plugin", name)),
            (Method::Get, ["plugins", name]) => recorded("plugins", name, "plugin"),
            (Method::Get, ["vaults", name]) if !self.vaults.contains(*name) => Err(absent("vault", name)),
            (Method::Get, ["vaults", name]) => recorded("vaults", name, "vault"),
            (_, [_] | ["plugins" | "vaults", _]) => Err(Refusal::MethodNotAllowed),
            _ => Err(Refusal::NotFound),
        }
    }

    /// `POST /schemas/services/validate`: what a body alone can tell.
    fn validate(&self, entity: &str, body: &Object) -> Result<Response, Refusal> {
        let (id, kind) = served(&self.catalog)
            .find(|(_, kind)| kind.collection == entity)
            .ok_or_else(|| absent("entity", entity))?;
        let mut body = body.clone();
        take_expiry(kind, &mut body, self.now())?;
        check(&self.catalog, id, &body, Purpose::Validate, self.now() as i64)?;
        Ok(json_response(
            200,
            &json!({ "message": "schema validation successful" }),
        ))
    }
}

fn root() -> Value {
    serde_json::from_str(ROOT).unwrap_or_default()
}

fn recorded(family: &str, name: &str, word: &str) -> Result<Response, Refusal> {
    let schema = recorded_answer(family, name).ok_or_else(|| absent(word, name))?;
    Ok(json_response(200, &schema))
}

fn absent(word: &str, name: &str) -> Refusal {
    Refusal::Plain(404, format!("No {word} named '{name}'"))
}
