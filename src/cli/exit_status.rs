use std::process::ExitCode;

/// How a run ended, the mildest first: of several, the last one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Done, or nothing to do.
    #[default]
    Success,
    /// There are changes, and the user asked to be told by the exit code.
    ChangesPending,
    /// A guard or a conflict with somebody else's entity refused it.
    Refused,
    /// The input, its references or the command line are wrong.
    InvalidInput,
    /// It failed, and nothing was written.
    Failed,
    /// Something was written, and something was not.
    PartiallyApplied,
    /// The user interrupted it.
    Interrupted,
}

impl ExitStatus {
    /// The exit code, as the documentation lists them.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::ChangesPending => 2,
            Self::InvalidInput => 3,
            Self::PartiallyApplied => 4,
            Self::Refused => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(outcome: ExitStatus) -> Self {
        Self::from(outcome.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_the_gravest_counts() {
        let documented = [130, 4, 1, 3, 5, 2, 0];
        let mut outcomes = [
            ExitStatus::Success,
            ExitStatus::ChangesPending,
            ExitStatus::Refused,
            ExitStatus::InvalidInput,
            ExitStatus::Failed,
            ExitStatus::PartiallyApplied,
            ExitStatus::Interrupted,
        ];
        outcomes.sort_by(|one, other| other.cmp(one));
        assert_eq!(outcomes.map(ExitStatus::code), documented);
    }
}
