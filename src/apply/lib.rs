//! Doing it: the executor over the plan's graph, and the true account of what happened.
//!
//! [`run`] begins a step as soon as all that it waits for has succeeded; a failure skips what depends on it and lets
//! the rest go on.

mod cancel;
mod event;
mod executor;
mod failure;
mod outcome;
mod queue;
mod redact;

pub use cancel::{CancelToken, Canceller};
pub use event::{ApplyEvent, ApplyEventSink};
pub use executor::apply_plan;
pub use failure::{StepFailure, StepFailureKind};
pub use outcome::{ApplyOutcome, ApplySummary, ChangeOutcome, HaltReason, StepOutcome};
