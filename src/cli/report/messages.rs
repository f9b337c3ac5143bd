use super::paint::{ADDED, CHANGED, REMOVED, STRONG, paint};
use plan::Refusal;

/// `error: …`
pub fn error(text: &str) -> String {
    format!("{} {}\n", paint(REMOVED.bold(), "error:"), paint(STRONG, text))
}

/// `warning: …`
pub fn warning(text: &str) -> String {
    format!("{} {}\n", paint(CHANGED.bold(), "warning:"), paint(STRONG, text))
}

/// `help: …`, below what it helps with.
pub fn help(text: &str) -> String {
    format!("  {} {text}\n", paint(ADDED, "help:"))
}

/// What the guards refuse, each with the flag that allows it.
pub fn refusals(refusals: &[Refusal]) -> String {
    refusals
        .iter()
        .map(|refusal| error(&format!("refused: {}", refusal.message)) + &help(&format!("{} allows it", refusal.allow)))
        .collect()
}
