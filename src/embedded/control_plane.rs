use std::collections::BTreeSet;
use std::sync::Arc;

use super::admin_route::{AdminRoute, NestedCollection};
use super::error::EmbeddedError;
use super::introspection::{enterprise_version, loaded_plugins, shared_dictionaries};
use super::options::EmbeddedOptions;
use super::request_target::{RequestTarget, parse_body};
use super::store::Store;
use http::{Method, Request, Response};
use json::{Object, Value};
use schema::{Catalog, KindId, LiveSchemas};

/// Kong's Admin API as a function: requests in, answers out. Share it freely; it locks for itself.
pub struct EmbeddedControlPlane {
    pub(super) catalog: Catalog,
    pub(super) store: Store,
    pub(super) vaults: BTreeSet<String>,
    pub(super) has_wasm_filters: bool,
    now: fn() -> f64,
}

/// Why a control plane cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made, or not here.
    #[error("cannot make the database")]
    File(#[from] std::io::Error),
    /// The database cannot be read or written, or is none.
    #[error("cannot open the database")]
    Database(#[from] rusqlite::Error),
    /// The database belongs to another program.
    #[error("the database is not one of strongroom")]
    ForeignDatabase,
    /// The database was made by another version of the program.
    #[error("the database has form {0}, which this version of strongroom does not know")]
    UnsupportedVersion(i32),
}

impl EmbeddedControlPlane {
    /// Opens a control plane, with what its database holds.
    ///
    /// # Errors
    /// A file that cannot be read or written, or is no database.
    pub fn open(catalog: Arc<Catalog>, options: EmbeddedOptions) -> Result<Self, OpenError> {
        let known = || catalog.subschema_names("vaults").map(str::to_owned).collect();
        let vaults = options.vaults.unwrap_or_else(known);
        Ok(Self {
            catalog: catalog.with_live_schemas(&LiveSchemas {
                version: enterprise_version(options.edition).map(str::to_owned),
                loaded_plugins: Some(loaded_plugins()),
                loaded_vaults: Some(vaults.clone()),
                loaded_filters: Some(options.wasm_filters.clone()),
                shared_dictionaries: Some(shared_dictionaries()),
                ..LiveSchemas::default()
            }),
            store: Store::open(&options.database)?,
            vaults,
            has_wasm_filters: !options.wasm_filters.is_empty(),
            now: options.now,
        })
    }

    pub fn handle(&self, request: &Request) -> Response {
        let incoming = RequestTarget::from_request(request);
        self.dispatch(&incoming, request)
            .unwrap_or_else(EmbeddedError::into_response)
    }

    /// The time, in seconds.
    pub(super) fn now(&self) -> f64 {
        (self.now)()
    }

    fn dispatch(&self, incoming: &RequestTarget, request: &Request) -> Result<Response, EmbeddedError> {
        let route = AdminRoute::from_segments(&self.catalog, &incoming.segments).ok_or(EmbeddedError::NotFound)?;
        self.check_available(&route)?;
        let body = parse_body(request)?;
        match (request.method, route) {
            (Method::Get, AdminRoute::Root) => Ok(self.get_root()),
            (Method::Get, AdminRoute::Status) => Ok(self.get_status()),
            (_, AdminRoute::Config) => Err(self.config_unavailable()),
            (Method::Get, AdminRoute::Tags) => self.list_tags(incoming, None),
            (Method::Get, AdminRoute::Tag(tag)) => self.list_tags(incoming, Some(&tag)),
            (method, AdminRoute::Schema(words)) => self.handle_schemas(method, &words, &body),
            (method, AdminRoute::Collection(kind)) => self.handle_collection(incoming, method, kind, None, body),
            (method, AdminRoute::NestedCollection(under)) => {
                self.handle_collection(incoming, method, under.kind, Some(&under), body)
            }
            (method, AdminRoute::Entity(kind, name)) => self.handle_entity(method, kind, &name, body),
            (method, AdminRoute::NestedEntity(under, name)) => self.handle_nested_entity(method, &under, &name, body),
            (method, AdminRoute::ForeignTarget { kind, name, foreign }) => {
                let target = self.foreign_target_id(kind, &name, &foreign.field)?;
                match method {
                    Method::Delete => Err(EmbeddedError::MethodNotAllowed),
                    method => self.handle_entity(method, foreign.kind, &target, body),
                }
            }
            (_, AdminRoute::Root | AdminRoute::Status | AdminRoute::Tags | AdminRoute::Tag(_)) => {
                Err(EmbeddedError::MethodNotAllowed)
            }
        }
    }

    fn handle_collection(
        &self,
        incoming: &RequestTarget,
        method: Method,
        kind: KindId,
        under: Option<&NestedCollection>,
        body: Object,
    ) -> Result<Response, EmbeddedError> {
        match method {
            Method::Get => self.list(incoming, kind, under),
            Method::Post => self.create(kind, under, body),
            Method::Put | Method::Patch | Method::Delete => Err(EmbeddedError::MethodNotAllowed),
        }
    }

    fn handle_entity(&self, method: Method, kind: KindId, name: &str, body: Object) -> Result<Response, EmbeddedError> {
        match method {
            Method::Get => self.get(kind, name),
            Method::Put => self.replace(kind, name, body),
            Method::Patch => self.patch(kind, name, body),
            Method::Delete => self.delete(kind, name),
            Method::Post => Err(EmbeddedError::MethodNotAllowed),
        }
    }

    fn handle_nested_entity(
        &self,
        method: Method,
        under: &NestedCollection,
        name: &str,
        body: Object,
    ) -> Result<Response, EmbeddedError> {
        match method {
            Method::Get => self.get_nested(under, name),
            Method::Put => self.replace_nested(under, name, body),
            Method::Patch => self.patch_nested(under, name, body),
            Method::Delete => self.delete_nested(under, name),
            Method::Post => Err(EmbeddedError::MethodNotAllowed),
        }
    }
}

/// An answer with a JSON body.
pub(super) fn json_response(status: u16, body: &Value) -> Response {
    text_response(status, body.to_string())
}

/// An answer whose body is JSON text already.
pub(super) fn text_response(status: u16, body: String) -> Response {
    Response {
        status,
        retry_after: None,
        body: body.into_bytes(),
    }
}
