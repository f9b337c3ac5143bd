use std::process::ExitCode;

/// How a run ended, the mildest first: of several, the last one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Done, or nothing to do.
    #[default]
    Done,
    /// There are changes, and the user asked to be told by the exit code.
    Pending,
    /// A guard or a conflict with somebody else's entity refused it.
    Refused,
    /// The input, its references or the command line are wrong.
    Invalid,
    /// It failed, and nothing was written.
    Failed,
    /// Something was written, and something was not.
    Partial,
    /// The user interrupted it.
    Interrupted,
}

impl Outcome {
    /// The exit code, as the documentation lists them.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Pending => 2,
            Self::Invalid => 3,
            Self::Partial => 4,
            Self::Refused => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
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
            Outcome::Done,
            Outcome::Pending,
            Outcome::Refused,
            Outcome::Invalid,
            Outcome::Failed,
            Outcome::Partial,
            Outcome::Interrupted,
        ];
        outcomes.sort_by(|one, other| other.cmp(one));
        assert_eq!(outcomes.map(Outcome::code), documented);
    }
}
