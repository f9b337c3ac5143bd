//! Carries out a plan: [`apply_plan`] begins a step as soon as all that it waits for has succeeded; a failure skips what
//! depends on it and lets the rest go on. What became of every step and every change is in the [`ApplyOutcome`].
//!
//! Nothing here plans, or retries: that is done before, and by the client.

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
