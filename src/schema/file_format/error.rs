use std::{error, fmt};

/// A schema that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// The file, below `schemas/`, with line and column if they are known; or what else was read.
    pub place: String,
    pub reason: String,
}

impl SchemaError {
    pub(crate) fn new(place: impl Into<String>, reason: impl ToString) -> Self {
        Self {
            place: place.into(),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schemas/{}: {}", self.place, self.reason)
    }
}

impl error::Error for SchemaError {}
