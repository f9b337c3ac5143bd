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

pub use account::{Account, ChangeEnd, Halt, StepEnd, Summary};
pub use event::{Event, Events};
pub use failure::{Failure, FailureSort};
pub use run::run;
pub use stop::{Stop, Stopper};
