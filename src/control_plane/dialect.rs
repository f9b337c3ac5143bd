use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::{Method, Outcome, Request, Response, outcome};
use json::Value;
use schema::{Catalog, Kind, KindId};
use state::EntityBody;

/// How many tags a control plane takes in one query.
pub const MOST_TAGS: usize = 5;

/// How many entities a control plane answers at most at once.
pub const PAGE: u16 = 1000;

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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
pub struct Address {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// The id of the parent on whose path it lives, for kinds that have one.
    pub parent: Option<Uuid>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The kind that is listed.
    pub kind: KindId,
    /// The id or name of the parent beneath which it is listed, for kinds that live on a parent's path.
    pub parent: Option<String>,
    /// Tags that all must be borne: five at most, and none beneath a parent, where the server ignores them.
    pub tags: Vec<String>,
    /// Where to begin: what the page before answered.
    pub offset: Option<String>,
    /// How many entities at most.
    pub size: u16,
}

/// A write of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// What is written.
    pub to: Address,
    /// How.
    pub verb: Verb,
}

/// How an entity is written, with the body that is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// Made with the id of the address, and never overwritten.
    Create(EntityBody),
    /// Replaced as a whole.
    Replace(EntityBody),
    /// Changed in the fields that are sent.
    Change(EntityBody),
    /// Deleted.
    Delete,
}

/// A schema that a control plane can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOf<'a> {
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
    pub fn in_workspace(name: &str) -> Self {
        let workspace = Some(name.to_owned());
        Self::Gateway { workspace }
    }

    /// The workspace, if it is not the default one.
    pub fn workspace(&self) -> Option<&str> {
        let Self::Gateway { workspace } = self;
        workspace.as_deref()
    }

    /// Asks for a page of the list of all workspaces (Enterprise).
    pub fn workspaces(offset: Option<&str>) -> Request {
        let offset = offset.map(|offset| format!("&offset={}", encoded(offset)));
        Self::gateway().get(&format!("/workspaces?size={PAGE}{}", offset.unwrap_or_default()))
    }

    /// Whether an offset can be made up, so that a list can be read from any id on.
    pub fn offsets_are_ids(&self) -> bool {
        match self {
            Self::Gateway { .. } => true,
        }
    }

    /// What an answer means.
    pub fn outcome(&self, response: &Response) -> Outcome {
        match self {
            Self::Gateway { .. } => outcome::read(response),
        }
    }

    /// Asks who the node is.
    pub fn root(&self) -> Request {
        let Self::Gateway { workspace } = self;
        match workspace {
            Some(_) => self.get("/kong"),
            None => self.get("/"),
        }
    }

    /// Asks for a schema.
    pub fn schema(&self, of: SchemaOf<'_>) -> Request {
        self.get(&match of {
            SchemaOf::Entity(collection) => format!("/schemas/{}", encoded(collection)),
            SchemaOf::Plugin(name) => format!("/schemas/plugins/{}", encoded(name)),
            SchemaOf::Vault(name) => format!("/schemas/vaults/{}", encoded(name)),
        })
    }

    /// Asks whether a body fits its kind's schema (`validate --online`); nothing is stored.
    pub fn validate(&self, kind: &Kind, body: &EntityBody) -> Request {
        let path = format!("/schemas/{}/validate", encoded(&kind.collection));
        self.request(Method::Post, &path, Some(Value::Object(body.expose().clone())))
    }

    /// Asks for a page of a list.
    pub fn list(&self, catalog: &Catalog, listing: &Listing) -> Request {
        let mut path = format!(
            "{}?size={}",
            collection(catalog, listing.kind, listing.parent.as_deref()),
            listing.size
        );
        if !listing.tags.is_empty() {
            let tags: Vec<String> = listing.tags.iter().map(|tag| encoded(tag)).collect();
            path.push_str("&tags=");
            path.push_str(&tags.join(","));
        }
        if let Some(offset) = &listing.offset {
            path.push_str("&offset=");
            path.push_str(&encoded(offset));
        }
        self.get(&path)
    }

    /// Asks for one entity.
    pub fn read(&self, catalog: &Catalog, at: Address) -> Request {
        self.get(&entity(catalog, at))
    }

    /// Writes one entity.
    pub fn write(&self, catalog: &Catalog, write: &Write) -> Request {
        let to = write.to;
        match &write.verb {
            Verb::Create(body) => {
                let mut fields = body.expose().clone();
                fields.insert("id", Value::String(to.id.to_string()));
                let path = collection(catalog, to.kind, to.parent.map(|id| id.to_string()).as_deref());
                self.request(Method::Post, &path, Some(Value::Object(fields)))
            }
            Verb::Replace(body) => self.body(Method::Put, &entity(catalog, to), body),
            Verb::Change(body) => self.body(Method::Patch, &entity(catalog, to), body),
            Verb::Delete => self.request(Method::Delete, &entity(catalog, to), None),
        }
    }

    fn get(&self, path: &str) -> Request {
        self.request(Method::Get, path, None)
    }

    fn body(&self, method: Method, path: &str, body: &EntityBody) -> Request {
        self.request(method, path, Some(Value::Object(body.expose().clone())))
    }

    fn request(&self, method: Method, path: &str, body: Option<Value>) -> Request {
        let Self::Gateway { workspace } = self;
        Request {
            method,
            path: match workspace {
                Some(workspace) => format!("/{}{path}", encoded(workspace)),
                None => path.to_owned(),
            },
            body: body.map(|body| body.to_string().into_bytes()),
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn collection(catalog: &Catalog, kind: KindId, parent: Option<&str>) -> String {
    let kind = catalog.kind(kind);
    match (parent, super::family::parent(kind)) {
        (Some(which), Some(above)) => {
            let nested = kind.nested_path.as_ref().unwrap_or(&kind.path);
            format!("/{}/{}/{nested}", catalog.kind(above.kind).path, encoded(which))
        }
        _ => format!("/{}", kind.path),
    }
}

fn entity(catalog: &Catalog, at: Address) -> String {
    let parent = at.parent.map(|id| id.to_string());
    format!("{}/{}", collection(catalog, at.kind, parent.as_deref()), at.id)
}
