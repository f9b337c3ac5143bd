use super::violation_text::violation_text;
use super::wire::error_body;
use control_plane::Response;
use json::{Object, Value, json};
use schema::Violations;

/// Why a request is not carried out, with what Kong answers then.
pub(super) enum Refusal {
    /// There is no such path or entity.
    NotFound,
    /// The path takes other methods.
    MethodNotAllowed,
    /// A status and a sentence.
    Plain(u16, String),
    /// The id in the path is none.
    InvalidPrimaryKey(String),
    /// The body is wrong.
    Violations(Violations),
    /// An entity of that id exists.
    PrimaryKeyTaken(String),
    /// A foreign key points at nothing: the field, the id, and the collection it should be in.
    DanglingForeignKey {
        field: String,
        id: String,
        collection: String,
    },
    /// A foreign key names its entity by something that no entity has.
    UnresolvedForeignKey { field: String, key: Object },
    /// An entity of the collection `by` refers to the one of the collection `this`.
    ReferencedBy { by: String, this: String },
    /// An entity of the collection `by` lists this one's id.
    Listed {
        what: String,
        id: String,
        by: String,
        by_id: String,
    },
    /// Another entity has these values.
    NotUnique(Object),
    /// There is no entity with that id.
    NoEntityOfId(String),
    /// There is no entity with that natural key.
    NoEntityOfKey(Object),
    /// The offset of a page makes no sense.
    InvalidOffset { offset: String, why: &'static str },
    /// The size of a page makes no sense.
    InvalidSize(&'static str),
    /// A name in a path breaks the rules of its field.
    InvalidUnique { field: String, why: String },
    /// A query option makes no sense.
    InvalidOption { option: &'static str, why: &'static str },
    /// The database failed.
    Broken(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Violations> for Refusal {
    fn from(violations: Violations) -> Self {
        Self::Violations(violations)
    }
}

impl Refusal {
    /// The answer, in Kong's words.
    pub(super) fn response(self) -> Response {
        let (status, body) = self.answer();
        Response {
            status,
            retry_after: None,
            body: body.to_string().into_bytes(),
        }
    }

    fn answer(self) -> (u16, Value) {
        match self {
            Self::NotFound => (404, json!({ "message": "Not found" })),
            Self::MethodNotAllowed => (405, json!({ "message": "Method not allowed" })),
            Self::Plain(status, message) => (status, json!({ "message": message })),
            Self::Broken(error) => {
                tracing::error!(%error, "the database of the embedded control plane failed");
                (500, json!({ "message": "An unexpected error occurred" }))
            }
            coded => coded.coded(),
        }
    }

    /// The errors that Kong numbers.
    fn coded(self) -> (u16, Value) {
        match self {
            Self::InvalidPrimaryKey(id) => {
                let key = key_text(&object("id", id.as_str()));
                let message = format!("invalid primary key: '{key}'");
                error(
                    400,
                    1,
                    "invalid primary key",
                    &message,
                    "fields",
                    object("id", "expected a valid UUID"),
                )
            }
            Self::Violations(violations) => {
                let message = violation_text(&violations);
                error(400, 2, "schema violation", &message, "fields", violations.0)
            }
            Self::InvalidOffset { offset, why } => {
                let message = format!("'{offset}' is not a valid offset: {why}");
                plain_error(7, "invalid offset", &message)
            }
            Self::InvalidSize(why) => plain_error(9, "invalid size", why),
            Self::InvalidUnique { field, why } => plain_error(10, &format!("invalid unique {field}"), &why),
            Self::InvalidOption { option, why } => {
                let message = format!("invalid option ({option}: {why})");
                error(400, 11, "invalid options", &message, "options", object(option, why))
            }
            between_entities => between_entities.coded_between_entities(),
        }
    }

    /// The errors that come of what else is stored.
    fn coded_between_entities(self) -> (u16, Value) {
        match self {
            Self::PrimaryKeyTaken(id) => {
                let key = object("id", id);
                let message = format!("primary key violation on key '{}'", key_text(&key));
                error(400, 3, "primary key violation", &message, "fields", key)
            }
            Self::DanglingForeignKey { field, id, collection } => {
                let key = object("id", id);
                let message = format!(
                    "the foreign key '{}' does not reference an existing '{collection}' entity.",
                    key_text(&key)
                );
                error(400, 4, "foreign key violation", &message, "fields", object(&field, key))
            }
            Self::ReferencedBy { by, this } => {
                let message = format!("an existing '{by}' entity references this '{this}' entity");
                error(
                    400,
                    4,
                    "foreign key violation",
                    &message,
                    "fields",
                    object("@referenced_by", by),
                )
            }
            Self::NotUnique(key) => {
                let message = format!("UNIQUE violation detected on '{}'", key_text(&key));
                error(409, 5, "unique constraint violation", &message, "fields", key)
            }
            Self::NoEntityOfId(id) => {
                let key = object("id", id);
                let message = format!("could not find the entity with primary key '{}'", key_text(&key));
                error(404, 6, "not found", &message, "fields", key)
            }
            Self::NoEntityOfKey(key) => {
                let message = format!("could not find the entity with '{}'", key_text(&key));
                error(404, 6, "not found", &message, "fields", key)
            }
            Self::UnresolvedForeignKey { field, key } => {
                let message = format!("foreign key unresolved ({field}.{})", key_text(&key));
                error(
                    400,
                    13,
                    "foreign keys unresolved",
                    &message,
                    "fields",
                    object(&field, key),
                )
            }
            Self::Listed { what, id, by, by_id } => {
                let message = format!("{what} {id} is still referenced by {by} (id = {by_id})");
                plain_error(19, "referenced by others", &message)
            }
            other => other.answer(),
        }
    }
}

fn plain_error(code: u8, name: &str, message: &str) -> (u16, Value) {
    (400, Value::Object(error_body(code, name, message)))
}

fn error(status: u16, code: u8, name: &str, message: &str, about: &str, details: Object) -> (u16, Value) {
    let mut body = error_body(code, name, message);
    body.insert(about.to_owned(), Value::Object(details));
    (status, Value::Object(body))
}

fn object(name: &str, value: impl Into<Value>) -> Object {
    Object::from_iter([(name.to_owned(), value.into())])
}

/// A key as Kong writes it into messages: `{consumer={id="…"},group="g"}`.
fn key_text(key: &Object) -> String {
    let fields: Vec<_> = key
        .iter()
        .map(|(name, value)| format!("{name}={}", key_value(value)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn key_value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        Value::Object(key) => key_text(key),
        other => other.to_string(),
    }
}
