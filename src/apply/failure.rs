use std::fmt;

use control_plane::RequestError;
use schema::FieldPath;

/// Why a step failed. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFailure {
    /// What went wrong.
    pub kind: StepFailureKind,
    /// What is wrong, field by field, in the server's words.
    pub fields: Vec<(FieldPath, String)>,
    /// What is wrong as a whole, if there is more to say than the fields and the kind do.
    pub message: Option<String>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepFailureKind {
    /// The control plane refuses what was sent.
    Rejected,
    /// Another entity is in the way, or refers to what was to be deleted.
    Conflict,
    /// Another entity has the id that was to be created.
    IdTaken,
    /// What was to be changed is no longer there.
    NotFound,
    /// The control plane does not have this kind, or takes no writes.
    Unsupported,
    /// The credentials are not accepted.
    Unauthorized,
    /// The credentials do not allow it.
    Forbidden,
    /// No answer came, and it was not carried out.
    NoResponse(RequestError),
    /// The control plane answered with an error of its own, or not as a control plane does.
    Unexpected(u16),
}

impl fmt::Display for StepFailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected => f.write_str("the control plane refuses it"),
            Self::Conflict => f.write_str("another entity is in the way"),
            Self::IdTaken => f.write_str("another entity bears its id"),
            Self::NotFound => f.write_str("it is no longer there"),
            Self::Unsupported => f.write_str("the control plane takes no writes of this kind"),
            Self::Unauthorized => f.write_str("the control plane does not accept the credentials (401)"),
            Self::Forbidden => f.write_str("the credentials do not allow it (403)"),
            Self::NoResponse(error) => write!(f, "it was not carried out: {error}"),
            Self::Unexpected(status) => write!(f, "the control plane answered with {status}"),
        }
    }
}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        for (at, (path, text)) in self.fields.iter().enumerate() {
            f.write_str(if at == 0 { ": " } else { "; " })?;
            if path.0.is_empty() {
                f.write_str(text)?;
            } else {
                write!(f, "{path}: {text}")?;
            }
        }
        Ok(())
    }
}
