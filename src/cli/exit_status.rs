use std::process::ExitCode;

/// How the program ended, from the mildest to the gravest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExitStatus {
    /// Done, or nothing to do.
    #[default]
    Success,
    /// There are changes, and the user wants to see that in the exit code.
    ChangesPending,
    /// A guard, or a conflict with an entity that is not owned.
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
    pub(crate) fn code(self) -> u8 {
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
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_the_gravest_counts() {
        let documented = [130, 4, 1, 3, 5, 2, 0];
        let mut statuses = [
            ExitStatus::Success,
            ExitStatus::ChangesPending,
            ExitStatus::Refused,
            ExitStatus::InvalidInput,
            ExitStatus::Failed,
            ExitStatus::PartiallyApplied,
            ExitStatus::Interrupted,
        ];
        statuses.sort_by(|a, b| b.cmp(a));
        assert_eq!(statuses.map(ExitStatus::code), documented);
    }
}
