//! Doing it: the executor over the plan's graph, and the true account of what happened.
//!
//! [`run`] begins a step as soon as all that it waits for has succeeded; a failure skips what depends on it and lets
//! the rest go on.

mod account;
mod event;
mod failure;
mod queue;
mod run;
mod stop;
mod veil;

pub use account::{ApplyOutcome, ChangeOutcome, HaltReason, StepOutcome, ApplySummary};
pub use event::{ApplyEvent, ApplyEventSink};
pub use failure::{StepFailure, StepFailureKind};
pub use run::apply_plan;
pub use stop::{CancelToken, Canceller};
