use super::style::{ADDED, BOLD, CHANGED, REMOVED, paint};
use plan::GuardViolation;

/// `error: …`
pub fn render_error(text: &str) -> String {
    format!("{} {}\n", paint(REMOVED.bold(), "error:"), paint(BOLD, text))
}

/// `warning: …`
pub fn render_warning(text: &str) -> String {
    format!("{} {}\n", paint(CHANGED.bold(), "warning:"), paint(BOLD, text))
}

/// `help: …`, below what it helps with.
pub fn render_help(text: &str) -> String {
    format!("  {} {text}\n", paint(ADDED, "help:"))
}

/// What the guards refuse, each with the flag that allows it.
pub fn render_guard_violations(refusals: &[GuardViolation]) -> String {
    refusals
        .iter()
        .map(|refusal| {
            render_error(&format!("refused: {}", refusal.message))
                + &render_help(&format!("{} allows it", refusal.allow_flag))
        })
        .collect()
}
