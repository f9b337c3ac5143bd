use super::paint::{ADDED, CHANGED, REMOVED, STRONG, paint};
use crate::plan::Refusal;
use crate::schema::Object;
use crate::state::{Diagnostic, Severity, Sources};

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

/// What there is to tell of the files, a line each and a line of help.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let tell = |diagnostic: &Diagnostic| {
        let place = diagnostic.places.first().map(|place| place.span);
        let place = place.map_or_else(String::new, |at| {
            format!("{}:{}:{}: ", sources.file(at.file).name, at.line, at.column)
        });
        let text = format!("{place}{}", diagnostic.message);
        let told = match diagnostic.severity {
            Severity::Error => error(&text),
            Severity::Warning => warning(&text),
            Severity::Note => format!("note: {text}\n"),
        };
        told + &diagnostic.help.as_deref().map(help).unwrap_or_default()
    };
    diagnostics.iter().map(tell).collect()
}

/// A document as YAML.
pub fn yaml(document: &Object) -> String {
    serde_saphyr::to_string(document).unwrap_or_default()
}
