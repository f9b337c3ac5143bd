use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::{Method, Request, Response, ResponseOutcome, response_outcome};
use json::Value;
use plan::StepAction;
use schema::{Catalog, Kind, KindId};
use state::EntityBody;

/// How many tags a control plane takes in one query.
pub const MAX_TAGS_PER_QUERY: usize = 5;

/// How many entities a control plane answers at most at once.
pub const MAX_PAGE_SIZE: u16 = 1000;

/// Everything but what RFC 3986 calls unreserved.
const PERCENT_ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The words in which a control plane is asked, as a value. All of it is pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The Admin API of Kong Gateway.
    Gateway {
        /// The workspace, if it is not the default one (Enterprise).
        workspace: Option<String>,
    },
}

/// One entity's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityAddress {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// The id of the parent on whose path it lives, for kinds that have one.
    pub parent: Option<Uuid>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The kind that is listed.
    pub kind: KindId,
    /// The id or name of the parent beneath which it is listed, for kinds that live on a parent's path.
    pub parent: Option<String>,
    /// Tags that all must be borne: five at most, and none beneath a parent, where the server ignores them.
    pub tags: Vec<String>,
    /// Where to begin: what the page before answered.
    pub offset: Option<String>,
    /// How many entities at most.
    pub page_size: u16,
}

/// A write of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityWrite {
    /// What is written.
    pub address: EntityAddress,
    /// How.
    pub operation: WriteOperation,
}

/// How an entity is written, with the body that is sent.
pub type WriteOperation = StepAction<EntityBody>;

/// A schema that a control plane can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaId<'a> {
    /// Of a kind, by its collection.
    Entity(&'a str),
    /// Of a plugin.
    Plugin(&'a str),
    /// Of a vault backend.
    Vault(&'a str),
}

impl Dialect {
    /// The Admin API of a gateway, in its default workspace.
    pub fn gateway() -> Self {
        Self::Gateway { workspace: None }
    }

    /// The Admin API of a gateway, in one of its workspaces.
    pub fn gateway_in_workspace(name: &str) -> Self {
        let workspace = Some(name.to_owned());
        Self::Gateway { workspace }
    }

    /// The workspace, if it is not the default one.
    pub fn workspace(&self) -> Option<&str> {
        let Self::Gateway { workspace } = self;
        workspace.as_deref()
    }

    /// Asks for a page of the list of all workspaces (Enterprise).
    pub fn workspaces_request(offset: Option<&str>) -> Request {
        let offset = offset.map(|offset| format!("&offset={}", percent_encode(offset)));
        Self::gateway().get_request(&format!(
            "/workspaces?size={MAX_PAGE_SIZE}{}",
            offset.unwrap_or_default()
        ))
    }

    /// Whether an offset can be made up, so that a list can be read from any id on.
    pub fn supports_id_offsets(&self) -> bool {
        match self {
            Self::Gateway { .. } => true,
        }
    }

    /// What an answer means.
    pub fn classify_response(&self, response: &Response) -> ResponseOutcome {
        match self {
            Self::Gateway { .. } => response_outcome::classify_response(response),
        }
    }

    /// Asks who the node is.
    pub fn node_info_request(&self) -> Request {
        let Self::Gateway { workspace } = self;
        match workspace {
            Some(_) => self.get_request("/kong"),
            None => self.get_request("/"),
        }
    }

    /// Asks for a schema.
    pub fn schema_request(&self, of: SchemaId<'_>) -> Request {
        self.get_request(&match of {
            SchemaId::Entity(collection) => format!("/schemas/{}", percent_encode(collection)),
            SchemaId::Plugin(name) => format!("/schemas/plugins/{}", percent_encode(name)),
            SchemaId::Vault(name) => format!("/schemas/vaults/{}", percent_encode(name)),
        })
    }

    /// Asks whether a body fits its kind's schema (`validate --online`); nothing is stored.
    pub fn validate_request(&self, kind: &Kind, body: &EntityBody) -> Request {
        let path = format!("/schemas/{}/validate", percent_encode(&kind.collection));
        self.build_request(Method::Post, &path, Some(Value::Object(body.expose().clone())))
    }

    /// Asks for a page of a list.
    pub fn page_request(&self, catalog: &Catalog, listing: &PageRequest) -> Request {
        let mut path = format!(
            "{}?size={}",
            collection_path(catalog, listing.kind, listing.parent.as_deref()),
            listing.page_size
        );
        if !listing.tags.is_empty() {
            let tags: Vec<String> = listing.tags.iter().map(|tag| percent_encode(tag)).collect();
            path.push_str("&tags=");
            path.push_str(&tags.join(","));
        }
        if let Some(offset) = &listing.offset {
            path.push_str("&offset=");
            path.push_str(&percent_encode(offset));
        }
        self.get_request(&path)
    }

    /// Asks for one entity.
    pub fn read_request(&self, catalog: &Catalog, at: EntityAddress) -> Request {
        self.get_request(&entity_path(catalog, at))
    }

    /// Writes one entity.
    pub fn write_request(&self, catalog: &Catalog, write: &EntityWrite) -> Request {
        let to = write.address;
        match &write.operation {
            WriteOperation::Create(body) => {
                let mut fields = body.expose().clone();
                fields.insert("id", Value::String(to.id.to_string()));
                let path = collection_path(catalog, to.kind, to.parent.map(|id| id.to_string()).as_deref());
                self.build_request(Method::Post, &path, Some(Value::Object(fields)))
            }
            WriteOperation::Replace(body) => self.request_with_body(Method::Put, &entity_path(catalog, to), body),
            WriteOperation::Patch(body) => self.request_with_body(Method::Patch, &entity_path(catalog, to), body),
            WriteOperation::Delete => self.build_request(Method::Delete, &entity_path(catalog, to), None),
        }
    }

    fn get_request(&self, path: &str) -> Request {
        self.build_request(Method::Get, path, None)
    }

    fn request_with_body(&self, method: Method, path: &str, body: &EntityBody) -> Request {
        self.build_request(method, path, Some(Value::Object(body.expose().clone())))
    }

    fn build_request(&self, method: Method, path: &str, body: Option<Value>) -> Request {
        let Self::Gateway { workspace } = self;
        Request {
            method,
            path: match workspace {
                Some(workspace) => format!("/{}{path}", percent_encode(workspace)),
                None => path.to_owned(),
            },
            body: body.map(|body| body.to_string().into_bytes()),
        }
    }
}

fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, PERCENT_ENCODED).to_string()
}

fn collection_path(catalog: &Catalog, kind: KindId, parent: Option<&str>) -> String {
    let kind = catalog.kind(kind);
    match (parent, super::hierarchy::parent_foreign_key(kind)) {
        (Some(which), Some(above)) => {
            let nested = kind.nested_path.as_ref().unwrap_or(&kind.path);
            format!("/{}/{}/{nested}", catalog.kind(above.kind).path, percent_encode(which))
        }
        _ => format!("/{}", kind.path),
    }
}

fn entity_path(catalog: &Catalog, at: EntityAddress) -> String {
    let parent = at.parent.map(|id| id.to_string());
    format!("{}/{}", collection_path(catalog, at.kind, parent.as_deref()), at.id)
}
