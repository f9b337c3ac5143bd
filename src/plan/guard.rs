use super::{After, Plan, Question};

/// A plan that may be carried out. Its one constructor is [`Guards::approve`].
#[derive(Debug)]
pub struct Approved(Plan);

/// How much a run may delete (`--max-deletes N|P%`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// At most so many entities of a scope.
    Count(u64),
    /// At most so many percent of a scope that holds ten or more.
    Percent(f64),
}

/// What a run is allowed to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Guards {
    /// How much it may delete.
    pub max_deletes: Limit,
    /// Whether an empty desired state may delete something.
    pub allow_empty: bool,
    /// Whether a vault, certificate, CA certificate or key set that something still refers to may be deleted.
    pub allow_delete_in_use: bool,
}

/// Why a plan may not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is refused, in one sentence.
    pub message: String,
    /// The flag that allows it.
    pub allow: &'static str,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_deletes: Limit::Percent(30.0),
            allow_empty: false,
            allow_delete_in_use: false,
        }
    }
}

impl Guards {
    /// Lets a plan pass, or says all that is refused, and hands it back.
    ///
    /// # Errors
    /// The plan, with every reason why it may not be carried out.
    pub fn approve(
        &self,
        plan: Plan,
        question: &Question<'_>,
        after: &After<'_>,
    ) -> Result<Approved, (Plan, Vec<Refusal>)> {
        let _ = (plan, question, after);
        todo!()
    }
}

impl Approved {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}
