use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use apply::{ApplyEvent, ApplyEventSink};
use plan::Plan;

/// A progress bar on a terminal's standard error; nothing elsewhere.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn new(plan: &Plan, is_shown: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(plan.steps.len() as u64), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        if is_shown && std::io::stderr().is_terminal() && plan.steps.len() > 1 {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        Self { bar }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl ApplyEventSink for Progress {
    fn emit(&self, event: ApplyEvent<'_>) {
        match event {
            ApplyEvent::Started(step) => tracing::debug!(step = step.0, "begun"),
            ApplyEvent::Retrying(step, retry) => {
                tracing::info!(step = step.0, attempt = retry.attempt, "trying again");
                self.bar.set_message("trying again");
            }
            ApplyEvent::Finished(step, _) => {
                tracing::debug!(step = step.0, "ended");
                self.bar.inc(1);
            }
            ApplyEvent::Halted(_) => self.bar.set_message("finishing what is under way"),
        }
    }
}
