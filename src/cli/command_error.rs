use super::ExitStatus;
use control_plane::{ReadError, RequestError, TransportError};

/// Why a command did not do what it was asked for, and what the exit code is to say.
#[derive(Debug)]
pub struct CommandError {
    /// How the run ends.
    pub exit_status: ExitStatus,
    /// What to tell.
    pub error: anyhow::Error,
    /// What to do about it, if that can be said.
    pub help: Option<&'static str>,
}

/// What comes of a command.
pub type CommandResult = Result<ExitStatus, CommandError>;

impl CommandError {
    /// The control plane could not be read.
    pub fn from_read_error(error: ReadError) -> Self {
        if let Some(workspace) = unknown_workspace(&error) {
            return Self {
                help: Some("open source has the workspace `default` only, which needs no --workspace"),
                ..Self::invalid_input(anyhow::anyhow!("the control plane has no workspace '{workspace}'"))
            };
        }
        let help = match &error {
            ReadError::NoResponse(RequestError::Transport(TransportError::NotSent { .. })) => {
                Some("is the control plane running, and is its address right? --kong-addr names it")
            }
            ReadError::Unauthorized { .. } | ReadError::Forbidden { .. } => {
                Some("--kong-admin-token or --headers carry the credentials")
            }
            ReadError::InvalidResponse { .. } | ReadError::Unexpected { .. } => {
                Some("is this the address of an Admin API? --kong-addr names it")
            }
            ReadError::NoResponse(_) => None,
        };
        Self {
            help,
            ..Self::failed(error)
        }
    }

    /// The input or the command line is wrong.
    pub fn invalid_input(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit_status: ExitStatus::InvalidInput,
            error: error.into(),
            help: None,
        }
    }

    /// The world failed, and nothing was written.
    pub fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit_status: ExitStatus::Failed,
            error: error.into(),
            help: None,
        }
    }
}

/// What cannot be printed has failed.
impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::failed(anyhow::Error::from(error).context("cannot print the result"))
    }
}

/// The workspace whose root is not there.
fn unknown_workspace(error: &ReadError) -> Option<&str> {
    match error {
        ReadError::Unexpected { path, status: 404, .. } => path.strip_prefix('/')?.strip_suffix("/kong"),
        _ => None,
    }
}
