use super::{HaltReason, StepOutcome};
use control_plane::RetryAttempt;
use plan::StepId;

/// Something that happens while a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub enum ApplyEvent<'a> {
    /// A step begins.
    Started(StepId),
    /// A step's request is tried again.
    Retrying(StepId, &'a RetryAttempt),
    /// A step ended: done, failed, skipped or unknown.
    Finished(StepId, &'a StepOutcome),
    /// Nothing new begins any more.
    Halted(&'a HaltReason),
}

/// Receives events as they happen.
pub trait ApplyEventSink: Send + Sync {
    /// Receives an event.
    fn emit(&self, event: ApplyEvent<'_>);
}

impl<F: Fn(ApplyEvent<'_>) + Send + Sync> ApplyEventSink for F {
    fn emit(&self, event: ApplyEvent<'_>) {
        self(event);
    }
}
