use anstyle::Style;

use super::escape::to_single_line;
use super::style::{ADDED, BOLD, CHANGED, REMOVED, paint};
use plan::GuardViolation;

/// `error: …`
pub(crate) fn render_error(text: &str) -> String {
    render_message(REMOVED, "error:", text)
}

/// `warning: …`
pub(crate) fn render_warning(text: &str) -> String {
    render_message(CHANGED, "warning:", text)
}

/// `help: …`, below a message.
pub(crate) fn render_help(text: &str) -> String {
    format!("  {} {}\n", paint(ADDED, "help:"), to_single_line(text))
}

/// Guard violations, each with the flag that allows it.
pub(crate) fn render_guard_violations(violations: &[GuardViolation]) -> String {
    violations
        .iter()
        .map(|violation| {
            render_error(&format!("refused: {}", violation.message))
                + &render_help(&format!("{} allows it", violation.allow_flag))
        })
        .collect()
}

fn render_message(style: Style, level: &str, text: &str) -> String {
    format!("{} {}\n", paint(style.bold(), level), paint(BOLD, to_single_line(text)))
}
