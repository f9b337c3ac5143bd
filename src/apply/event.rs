use super::{Halt, StepEnd};
use control_plane::RetryAttempt;
use plan::StepId;

/// Something that happens while a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step begins.
    Begun(StepId),
    /// A step's request is tried again.
    Retrying(StepId, &'a RetryAttempt),
    /// A step ended: done, failed, skipped or unknown.
    Ended(StepId, &'a StepEnd),
    /// Nothing new begins any more.
    Halted(&'a Halt),
}

/// Whoever is told of events, as they happen.
pub trait Events: Send + Sync {
    /// Is told of one.
    fn tell(&self, event: Event<'_>);
}

impl<F: Fn(Event<'_>) + Send + Sync> Events for F {
    fn tell(&self, event: Event<'_>) {
        self(event);
    }
}
