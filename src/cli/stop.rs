use super::Outcome;

/// Why a command did not do what it was asked for, and what the exit code is to say.
#[derive(Debug)]
pub struct Stop {
    /// How the run ends.
    pub outcome: Outcome,
    /// What to tell.
    pub error: anyhow::Error,
}

/// What comes of a command.
pub type Done = Result<Outcome, Stop>;

impl Stop {
    /// The input or the command line is wrong.
    pub fn invalid(error: impl Into<anyhow::Error>) -> Self {
        Self {
            outcome: Outcome::Invalid,
            error: error.into(),
        }
    }

    /// The world failed, and nothing was written.
    pub fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self {
            outcome: Outcome::Failed,
            error: error.into(),
        }
    }
}

/// What cannot be printed has failed.
impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::failed(anyhow::Error::from(error).context("cannot print the result"))
    }
}
