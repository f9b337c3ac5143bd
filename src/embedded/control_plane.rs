use std::collections::BTreeSet;
use std::sync::Arc;

use super::incoming::{Incoming, body_of};
use super::introspection::loaded_plugins;
use super::options::Options;
use super::place::{Place, Under};
use super::refusal::Refusal;
use super::store::Store;
use control_plane::{Method, Request, Response};
use json::{Object, Value};
use schema::{Catalog, KindId, LiveSchemas};

/// Kong's Admin API as a function: requests in, answers out. Share it freely; it locks for itself.
pub struct ControlPlane {
    pub(super) catalog: Catalog,
    pub(super) store: Store,
    pub(super) vaults: BTreeSet<String>,
    pub(super) has_filters: bool,
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
    NotOurs,
    /// The database was made by another version of the program.
    #[error("the database has form {0}, which this version of strongroom does not know")]
    OtherVersion(i32),
}

impl ControlPlane {
    /// Opens a control plane, with what its database holds.
    ///
    /// # Errors
    /// A file that cannot be read or written, or is no database.
    pub fn open(catalog: Arc<Catalog>, options: Options) -> Result<Self, OpenError> {
        let known = || catalog.subschemas("vaults").map(str::to_owned).collect();
        let vaults = options.vaults.unwrap_or_else(known);
        Ok(Self {
            catalog: catalog.overlaid(&LiveSchemas {
                loaded_plugins: Some(loaded_plugins()),
                loaded_vaults: Some(vaults.clone()),
                loaded_filters: Some(options.wasm_filters.clone()),
                ..LiveSchemas::default()
            }),
            store: Store::open(&options.database)?,
            vaults,
            has_filters: !options.wasm_filters.is_empty(),
            now: options.now,
        })
    }

    /// Answers a request.
    pub fn handle(&self, request: &Request) -> Response {
        let incoming = Incoming::of(request);
        self.answer(&incoming, request).unwrap_or_else(Refusal::response)
    }

    /// The time, in seconds.
    pub(super) fn now(&self) -> f64 {
        (self.now)()
    }

    fn answer(&self, incoming: &Incoming, request: &Request) -> Result<Response, Refusal> {
        let place = Place::of(&self.catalog, &incoming.segments).ok_or(Refusal::NotFound)?;
        self.available(&place)?;
        let body = body_of(request)?;
        match (request.method, place) {
            (Method::Get, Place::Root) => Ok(self.root()),
            (Method::Get, Place::Status) => Ok(self.status()),
            (_, Place::Config) => Err(self.no_config()),
            (Method::Get, Place::Tags) => self.tags(incoming, None),
            (Method::Get, Place::Tag(tag)) => self.tags(incoming, Some(&tag)),
            (method, Place::Schema(words)) => self.schema(method, &words, &body),
            (method, Place::All(kind)) => self.all(incoming, method, kind, None, body),
            (method, Place::AllUnder(under)) => self.all(incoming, method, under.kind, Some(&under), body),
            (method, Place::One(kind, name)) => self.one(method, kind, &name, body),
            (method, Place::OneUnder(under, name)) => self.one_under(method, &under, &name, body),
            (method, Place::Pointed { kind, name, foreign }) => {
                let target = self.target_of(kind, &name, &foreign.field)?;
                match method {
                    Method::Delete => Err(Refusal::MethodNotAllowed),
                    method => self.one(method, foreign.kind, &target, body),
                }
            }
            (_, Place::Root | Place::Status | Place::Tags | Place::Tag(_)) => Err(Refusal::MethodNotAllowed),
        }
    }

    fn all(
        &self,
        incoming: &Incoming,
        method: Method,
        kind: KindId,
        under: Option<&Under>,
        body: Object,
    ) -> Result<Response, Refusal> {
        match method {
            Method::Get => self.list(incoming, kind, under),
            Method::Post => self.create(kind, under, body),
            Method::Put | Method::Patch | Method::Delete => Err(Refusal::MethodNotAllowed),
        }
    }

    fn one(&self, method: Method, kind: KindId, name: &str, body: Object) -> Result<Response, Refusal> {
        match method {
            Method::Get => self.get(kind, name),
            Method::Put => self.replace(kind, name, body),
            Method::Patch => self.change(kind, name, body),
            Method::Delete => self.delete(kind, name),
            Method::Post => Err(Refusal::MethodNotAllowed),
        }
    }

    fn one_under(&self, method: Method, under: &Under, name: &str, body: Object) -> Result<Response, Refusal> {
        match method {
            Method::Get => self.get_under(under, name),
            Method::Put => self.replace_under(under, name, body),
            Method::Patch => self.change_under(under, name, body),
            Method::Delete => self.delete_under(under, name),
            Method::Post => Err(Refusal::MethodNotAllowed),
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
