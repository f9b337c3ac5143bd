//! What to do: who is who, what changes, in which order, and whether it may.
//!
//! Everything here is pure. [`make`] is the pipeline of this layer.

mod change;
mod guard;
mod step;
mod tree;

pub use change::{Change, FieldChange, Subject};
pub use guard::{Approved, Guards, Limit, Refusal};
pub use step::{Action, Step, StepId};
pub use tree::{Secret, SecretOrigin, Tree};

/// All changes, the steps that carry them out, and what each step waits for.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What changes, for people.
    pub changes: Vec<Change>,
    /// What is sent, for the executor, in an order in which they could run one after another.
    pub steps: Vec<Step>,
}
