use super::violation_text::format_violations;
use super::wire::error_body;
use control_plane::Response;
use json::{Object, Value, json};
use schema::SchemaViolations;

/// Why a request is refused, as Kong answers it.
pub(super) enum EmbeddedError {
    /// There is no such path or entity.
    NotFound,
    /// The path takes other methods.
    MethodNotAllowed,
    /// A status and a sentence.
    Message(u16, String),
    /// The id in the path is no UUID.
    InvalidPrimaryKey(String),
    Violations(SchemaViolations),
    /// An entity of that id exists.
    PrimaryKeyViolation(String),
    /// A foreign key points at nothing: the field, the id, and the collection it should be in.
    DanglingForeignKey {
        field: String,
        id: String,
        collection: String,
    },
    /// A foreign key names its entity by something that no entity has.
    UnresolvedForeignKey {
        field: String,
        key: Object,
    },
    /// An entity of the collection `by` refers to the one of the collection `this`.
    ReferencedBy {
        by: String,
        this: String,
    },
    /// An entity of the collection `by` lists this one's id.
    ReferencedByOthers {
        kind_name: String,
        id: String,
        by: String,
        by_id: String,
    },
    /// Another entity has these values.
    UniqueViolation(Object),
    /// There is no entity with that id.
    IdNotFound(String),
    /// There is no entity with that natural key.
    KeyNotFound(Object),
    /// The offset of a page is invalid.
    InvalidOffset {
        offset: String,
        reason: &'static str,
    },
    /// The size of a page is invalid.
    InvalidSize(&'static str),
    /// A name in a path breaks the rules of its field.
    InvalidUnique {
        field: String,
        reason: String,
    },
    /// A query option is invalid.
    InvalidOption {
        option: &'static str,
        reason: &'static str,
    },
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for EmbeddedError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<SchemaViolations> for EmbeddedError {
    fn from(violations: SchemaViolations) -> Self {
        Self::Violations(violations)
    }
}

impl EmbeddedError {
    /// The answer, in Kong's words.
    pub(super) fn into_response(self) -> Response {
        let (status, body) = self.into_status_and_body();
        Response {
            status,
            retry_after: None,
            body: body.to_string().into_bytes(),
        }
    }

    fn into_status_and_body(self) -> (u16, Value) {
        match self {
            Self::NotFound => (404, json!({ "message": "Not found" })),
            Self::MethodNotAllowed => (405, json!({ "message": "Method not allowed" })),
            Self::Message(status, message) => (status, json!({ "message": message })),
            Self::Database(error) => {
                tracing::error!(%error, "the database of the embedded control plane failed");
                (500, json!({ "message": "An unexpected error occurred" }))
            }
            coded => coded.coded_error(),
        }
    }

    /// The errors that have a code in Kong.
    fn coded_error(self) -> (u16, Value) {
        match self {
            Self::InvalidPrimaryKey(id) => {
                let key = format_key(&single_field("id", id.as_str()));
                let message = format!("invalid primary key: '{key}'");
                error_with_details(
                    400,
                    1,
                    "invalid primary key",
                    &message,
                    "fields",
                    single_field("id", "expected a valid UUID"),
                )
            }
            Self::Violations(violations) => {
                let message = format_violations(&violations);
                error_with_details(400, 2, "schema violation", &message, "fields", violations.0)
            }
            Self::InvalidOffset { offset, reason } => {
                let message = format!("'{offset}' is not a valid offset: {reason}");
                error_without_details(7, "invalid offset", &message)
            }
            Self::InvalidSize(reason) => error_without_details(9, "invalid size", reason),
            Self::InvalidUnique { field, reason } => {
                error_without_details(10, &format!("invalid unique {field}"), &reason)
            }
            Self::InvalidOption { option, reason } => {
                let message = format!("invalid option ({option}: {reason})");
                error_with_details(
                    400,
                    11,
                    "invalid options",
                    &message,
                    "options",
                    single_field(option, reason),
                )
            }
            constraint => constraint.constraint_error(),
        }
    }

    /// The errors that depend on other entities.
    fn constraint_error(self) -> (u16, Value) {
        match self {
            Self::PrimaryKeyViolation(id) => {
                let key = single_field("id", id);
                let message = format!("primary key violation on key '{}'", format_key(&key));
                error_with_details(400, 3, "primary key violation", &message, "fields", key)
            }
            Self::DanglingForeignKey { field, id, collection } => {
                let key = single_field("id", id);
                let message = format!(
                    "the foreign key '{}' does not reference an existing '{collection}' entity.",
                    format_key(&key)
                );
                foreign_key_violation(&message, single_field(&field, key))
            }
            Self::ReferencedBy { by, this } => {
                let message = format!("an existing '{by}' entity references this '{this}' entity");
                foreign_key_violation(&message, single_field("@referenced_by", by))
            }
            Self::UniqueViolation(key) => {
                let message = format!("UNIQUE violation detected on '{}'", format_key(&key));
                error_with_details(409, 5, "unique constraint violation", &message, "fields", key)
            }
            Self::IdNotFound(id) => {
                let key = single_field("id", id);
                let message = format!("could not find the entity with primary key '{}'", format_key(&key));
                error_with_details(404, 6, "not found", &message, "fields", key)
            }
            Self::KeyNotFound(key) => {
                let message = format!("could not find the entity with '{}'", format_key(&key));
                error_with_details(404, 6, "not found", &message, "fields", key)
            }
            Self::UnresolvedForeignKey { field, key } => {
                let message = format!("foreign key unresolved ({field}.{})", format_key(&key));
                error_with_details(
                    400,
                    13,
                    "foreign keys unresolved",
                    &message,
                    "fields",
                    single_field(&field, key),
                )
            }
            Self::ReferencedByOthers {
                kind_name,
                id,
                by,
                by_id,
            } => {
                let message = format!("{kind_name} {id} is still referenced by {by} (id = {by_id})");
                error_without_details(19, "referenced by others", &message)
            }
            other => other.into_status_and_body(),
        }
    }
}

fn foreign_key_violation(message: &str, fields: Object) -> (u16, Value) {
    error_with_details(400, 4, "foreign key violation", message, "fields", fields)
}

fn error_without_details(code: u8, name: &str, message: &str) -> (u16, Value) {
    (400, Value::Object(error_body(code, name, message)))
}

fn error_with_details(status: u16, code: u8, name: &str, message: &str, about: &str, details: Object) -> (u16, Value) {
    let mut body = error_body(code, name, message);
    body.insert(about.to_owned(), Value::Object(details));
    (status, Value::Object(body))
}

fn single_field(name: &str, value: impl Into<Value>) -> Object {
    Object::from_iter([(name.to_owned(), value.into())])
}

/// A key as Kong writes it into messages: `{consumer={id="…"},group="g"}`.
fn format_key(key: &Object) -> String {
    let fields: Vec<_> = key
        .iter()
        .map(|(name, value)| format!("{name}={}", format_key_value(value)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn format_key_value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        Value::Object(key) => format_key(key),
        other => other.to_string(),
    }
}
