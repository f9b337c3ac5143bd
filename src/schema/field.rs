use super::{FieldCheck, KindCheck, RecordFields};
use json::{Object, Value};

/// A record of Kong's schema language: named fields in the order Kong gives them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The fields, in the order of the schema.
    pub fields: RecordFields,
    /// Other spellings that Kong accepts and translates (`shorthand_fields`).
    pub shorthands: Vec<(String, Field)>,
    /// Checks over several fields, as Kong gives them (`conditional`, `mutually_required` …).
    pub entity_checks: Vec<Value>,
    /// Checks over several fields that Kong makes in code and no schema tells.
    pub code_checks: Vec<KindCheck>,
}

impl Record {
    /// The field of that name, shorthands not included.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, field)| field)
    }

    pub fn shorthand(&self, name: &str) -> Option<&Field> {
        self.shorthands
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, field)| field)
    }
}

/// One field of a record, or the members of a list or map.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub field_type: FieldType,
    /// Whether a stored entity always has a value here.
    pub required: bool,
    /// The value Kong fills in where none is given.
    pub default: Option<Value>,
    /// Whether the server makes up a value where none is given (`auto`).
    pub auto: bool,
    /// Whether `{vault://…}` is honoured here.
    pub referenceable: bool,
    /// Whether Kong marks it secret (`encrypted`), or the kind file does.
    pub secret: bool,
    /// Whether no two entities may share a value.
    pub unique: bool,
    /// What Kong checks in code of a value that the rules allow.
    pub checks: Vec<FieldCheck>,
    /// Everything else the schema says of the field: `between`, `match`, `one_of`, `len_min`, `deprecation` …
    pub rules: Object,
}

impl Field {
    /// Whether it is accepted but not stored with the entity (a certificate's list of names).
    pub(crate) fn is_transient(&self) -> bool {
        self.rules.contains_key("transient")
    }

    /// Whether the server makes up what nobody says: `auto`, and secrets with a default, which each node makes up when
    /// it starts.
    pub fn is_server_generated(&self) -> bool {
        self.auto || (self.secret && self.default.as_ref().is_some_and(|value| !value.is_null()))
    }

    /// Whether texts are the same that encode the same, in PEM.
    pub(super) fn is_compared_as_pem(&self) -> bool {
        self.rules.get("compared").and_then(Value::as_str) == Some("encoded")
    }
}

/// The types of Kong's schema language.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    String,
    /// A whole number.
    Integer,
    Number,
    Boolean,
    /// A list whose order counts.
    Array(Box<Field>),
    /// A list whose order and repetitions do not count.
    Set(Box<Field>),
    /// Free keys.
    Map {
        /// What keys must be like.
        keys: Box<Field>,
        /// What values must be like.
        values: Box<Field>,
    },
    Record(Record),
    /// A record whose fields depend on the entity's `name` (a plugin's or a vault's `config`).
    Abstract,
    /// The id of an entity of another kind, written `{"id": …}`; the collection's name as Kong gives it.
    Foreign(String),
    /// A JSON value of any form.
    Json,
    /// A Lua function: never in a file, seen in schemas only.
    Function,
}
