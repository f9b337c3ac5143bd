use uuid::Uuid;

use super::{Method, Request, Response, ResponseOutcome, response_outcome};
use http::percent_encode;
use json::Value;
use plan::StepAction;
use schema::{Catalog, Kind, KindId};
use state::EntityBody;

/// How many tags a control plane takes in one query; all must be borne.
pub(crate) const MAX_TAGS_PER_QUERY: usize = 5;

/// How many entities a page holds at most.
pub const MAX_PAGE_SIZE: u16 = 1000;

/// The API that a control plane speaks. Builds requests as values and classifies responses; all of it is pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The Admin API of Kong Gateway.
    Gateway {
        /// The workspace, if it is not the default one (Enterprise).
        workspace: Option<String>,
    },
}

/// Where an entity is: what its path is built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityAddress {
    /// The kind.
    pub kind: KindId,
    /// The id.
    pub id: Uuid,
    /// The parent on whose path it lives, for kinds that have one.
    pub parent: Option<Uuid>,
}

/// A request for a page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The kind.
    pub kind: KindId,
    /// The id or name of the parent beneath which it is listed, for kinds that live on a parent's path.
    pub parent: Option<String>,
    /// Tags that all must be borne: `MAX_TAGS_PER_QUERY` at most, and none beneath a parent, where the server ignores them.
    pub tags: Vec<String>,
    /// Where the page begins: the `offset` of the one before, or one of our making.
    pub offset: Option<String>,
    /// How many entities at most.
    pub page_size: u16,
}

/// A write of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityWrite {
    /// Of what is written.
    pub address: EntityAddress,
    /// The body, and what becomes of it.
    pub operation: WriteOperation,
}

/// How an entity is written, with the body that is sent.
pub type WriteOperation = StepAction<EntityBody>;

/// The name of a schema.
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
    /// The Admin API of Kong Gateway, in its default workspace.
    pub fn gateway() -> Self {
        Self::Gateway { workspace: None }
    }

    /// The Admin API of Kong Gateway, in one of its workspaces.
    pub(crate) fn gateway_in_workspace(name: &str) -> Self {
        let workspace = Some(name.to_owned());
        Self::Gateway { workspace }
    }

    /// The workspace, if it is not the default one.
    pub(crate) fn workspace(&self) -> Option<&str> {
        let Self::Gateway { workspace } = self;
        workspace.as_deref()
    }

    /// A page of the list of all workspaces (Enterprise).
    pub(crate) fn workspaces_request(offset: Option<&str>) -> Request {
        let offset = offset.map(|offset| format!("&offset={}", percent_encode(offset)));
        Self::gateway().get_request(&format!(
            "/workspaces?size={MAX_PAGE_SIZE}{}",
            offset.unwrap_or_default()
        ))
    }

    /// Whether an offset can be made of any id, so that a list can be read from there on.
    pub(crate) fn supports_id_offsets(&self) -> bool {
        match self {
            Self::Gateway { .. } => true,
        }
    }

    /// What a response means.
    pub fn classify_response(&self, response: &Response) -> ResponseOutcome {
        match self {
            Self::Gateway { .. } => response_outcome::classify_response(response),
        }
    }

    /// Version, edition and plugins of the node.
    pub fn node_info_request(&self) -> Request {
        let Self::Gateway { workspace } = self;
        match workspace {
            Some(_) => self.get_request("/kong"),
            None => self.get_request("/"),
        }
    }

    /// Reads a schema.
    pub fn schema_request(&self, schema: SchemaId<'_>) -> Request {
        self.get_request(&match schema {
            SchemaId::Entity(collection) => format!("/schemas/{}", percent_encode(collection)),
            SchemaId::Plugin(name) => format!("/schemas/plugins/{}", percent_encode(name)),
            SchemaId::Vault(name) => format!("/schemas/vaults/{}", percent_encode(name)),
        })
    }

    /// Validates a body against its kind's schema (`validate --online`); nothing is stored.
    pub(crate) fn validate_request(&self, kind: &Kind, body: &EntityBody) -> Request {
        let path = format!("/schemas/{}/validate", percent_encode(&kind.collection));
        self.build_request(Method::Post, &path, Some(Value::Object(body.expose().clone())))
    }

    /// Reads a page of a list.
    pub fn page_request(&self, catalog: &Catalog, page: &PageRequest) -> Request {
        let mut path = format!(
            "{}?size={}",
            collection_path(catalog, page.kind, page.parent.as_deref()),
            page.page_size
        );
        if !page.tags.is_empty() {
            let tags: Vec<String> = page.tags.iter().map(|tag| percent_encode(tag).to_string()).collect();
            path.push_str("&tags=");
            path.push_str(&tags.join(","));
        }
        if let Some(offset) = &page.offset {
            path.push_str("&offset=");
            path.extend(percent_encode(offset));
        }
        self.get_request(&path)
    }

    /// Reads one entity.
    pub(crate) fn read_request(&self, catalog: &Catalog, address: EntityAddress) -> Request {
        self.get_request(&entity_path(catalog, address))
    }

    /// Writes one entity.
    pub fn write_request(&self, catalog: &Catalog, write: &EntityWrite) -> Request {
        let address = write.address;
        match &write.operation {
            WriteOperation::Create(body) => {
                let mut fields = body.expose().clone();
                fields.insert("id", Value::String(address.id.to_string()));
                let path = collection_path(
                    catalog,
                    address.kind,
                    address.parent.map(|id| id.to_string()).as_deref(),
                );
                self.build_request(Method::Post, &path, Some(Value::Object(fields)))
            }
            WriteOperation::Replace(body) => self.request_with_body(Method::Put, &entity_path(catalog, address), body),
            WriteOperation::Patch(body) => self.request_with_body(Method::Patch, &entity_path(catalog, address), body),
            WriteOperation::Delete => self.build_request(Method::Delete, &entity_path(catalog, address), None),
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

fn collection_path(catalog: &Catalog, kind: KindId, parent: Option<&str>) -> String {
    let kind = catalog.kind(kind);
    match (parent, super::hierarchy::parent_foreign_key(kind)) {
        (Some(parent), Some(foreign_key)) => {
            let nested = kind.nested_path.as_ref().unwrap_or(&kind.path);
            format!(
                "/{}/{}/{nested}",
                catalog.kind(foreign_key.kind).path,
                percent_encode(parent)
            )
        }
        _ => format!("/{}", kind.path),
    }
}

fn entity_path(catalog: &Catalog, address: EntityAddress) -> String {
    let parent = address.parent.map(|id| id.to_string());
    format!(
        "{}/{}",
        collection_path(catalog, address.kind, parent.as_deref()),
        address.id
    )
}
