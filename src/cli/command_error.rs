use anyhow::anyhow;

use super::ExitStatus;
use control_plane::{ReadError, RequestError, TransportError};

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandSuccess {
    Done,
    /// There are changes, and the user wants to see that in the exit code.
    ChangesPending,
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// The input or the command line is wrong.
    InvalidInput(ErrorMessage),
    /// The world failed, and nothing was written.
    Failed(ErrorMessage),
    /// The user interrupted it before anything was written.
    Interrupted,
    /// The reporter has said why.
    AlreadyReported(ExitStatus),
}

#[derive(Debug)]
pub(crate) struct ErrorMessage {
    pub(crate) error: anyhow::Error,
    /// What to do about it, if that can be said.
    pub(crate) help: Option<&'static str>,
}

pub(crate) type CommandResult = Result<CommandSuccess, CommandError>;

/// The one place that maps the result of a command to how the program ends.
pub(crate) fn exit_status(result: &CommandResult) -> ExitStatus {
    match result {
        Ok(CommandSuccess::Done) => ExitStatus::Success,
        Ok(CommandSuccess::ChangesPending) => ExitStatus::ChangesPending,
        Err(CommandError::InvalidInput(_)) => ExitStatus::InvalidInput,
        Err(CommandError::Failed(_)) => ExitStatus::Failed,
        Err(CommandError::Interrupted) => ExitStatus::Interrupted,
        Err(CommandError::AlreadyReported(status)) => *status,
    }
}

impl CommandError {
    pub(crate) fn invalid_input(error: impl Into<anyhow::Error>) -> Self {
        Self::InvalidInput(ErrorMessage::new(error))
    }

    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self::Failed(ErrorMessage::new(error))
    }

    /// The control plane could not be read.
    pub(crate) fn from_read_error(error: ReadError) -> Self {
        if let Some(workspace) = unknown_workspace(&error) {
            let message = ErrorMessage::new(anyhow!("the control plane has no workspace '{workspace}'"));
            return Self::InvalidInput(
                message.with_help("open source has the workspace `default` only, which needs no --workspace"),
            );
        }
        let help = read_error_help(&error);
        Self::Failed(ErrorMessage {
            help,
            ..ErrorMessage::new(error)
        })
    }
}

impl ErrorMessage {
    pub(crate) fn new(error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: error.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(self, help: &'static str) -> Self {
        Self {
            help: Some(help),
            ..self
        }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::failed(anyhow::Error::from(error).context("cannot print the result"))
    }
}

fn read_error_help(error: &ReadError) -> Option<&'static str> {
    match error {
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
    }
}

/// The workspace of an answer that its root does not exist.
fn unknown_workspace(error: &ReadError) -> Option<&str> {
    match error {
        ReadError::Unexpected { path, status: 404, .. } => path.strip_prefix('/')?.strip_suffix("/kong"),
        _ => None,
    }
}
