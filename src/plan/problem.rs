use yaml::Diagnostic;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whose fault it is: it decides the exit code.
    pub sort: ProblemSort,
    /// What, where, and what to do.
    pub diagnostic: Diagnostic,
}

/// What sort of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemSort {
    /// What the documents say cannot be: a name that nothing bears, a circle (exit code 3).
    Invalid,
    /// An entity outside the scopes is in the way (exit code 5).
    Conflict,
}

impl Problem {
    /// A problem with what the documents say.
    pub fn invalid(diagnostic: Diagnostic) -> Self {
        Self {
            sort: ProblemSort::Invalid,
            diagnostic,
        }
    }

    pub(super) fn conflict(diagnostic: Diagnostic) -> Self {
        Self {
            sort: ProblemSort::Conflict,
            diagnostic,
        }
    }
}
