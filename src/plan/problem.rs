use yaml::Diagnostic;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// Whose fault it is: it decides the exit code.
    pub kind: PlanErrorKind,
    /// What, where, and what to do.
    pub diagnostic: Diagnostic,
}

/// What sort of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanErrorKind {
    /// What the documents say cannot be: a name that nothing bears, a circle (exit code 3).
    Invalid,
    /// An entity outside the scopes is in the way (exit code 5).
    Conflict,
}

impl PlanError {
    /// A problem with what the documents say.
    pub fn invalid(diagnostic: Diagnostic) -> Self {
        Self {
            kind: PlanErrorKind::Invalid,
            diagnostic,
        }
    }

    pub(super) fn conflict(diagnostic: Diagnostic) -> Self {
        Self {
            kind: PlanErrorKind::Conflict,
            diagnostic,
        }
    }
}
