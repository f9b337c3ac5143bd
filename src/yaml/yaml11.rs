//! What to tell about a scalar that is not what it looks like.

use super::number::Yaml11Notation;
use super::scalar::{ScalarError, Yaml11Difference};
use crate::{Diagnostic, DiagnosticCode, Span};

/// Tells where YAML 1.1, which decK reads, and YAML 1.2 differ. Words may be shown, numbers may be secret.
pub(super) fn yaml11_warning(surprise: Yaml11Difference, at: Span) -> Diagnostic {
    match surprise {
        Yaml11Difference::Word(truth) => {
            let message =
                format!("a word without quotes is read as `{truth}`, as decK does; YAML 1.2 reads it as text");
            Diagnostic::warning(DiagnosticCode::YamlWord, message)
                .at(at)
                .help(format!("write `{truth}`, or put the word in quotes"))
        }
        Yaml11Difference::Number(oddity) => Diagnostic::warning(DiagnosticCode::YamlNumber, notation_message(oddity))
            .at_secret(at)
            .help("write the number in plain digits, or put it in quotes if it is text"),
    }
}

/// Tells of a key that is a word of YAML 1.1.
pub(super) fn yaml11_key_warning(truth: bool, at: Span) -> Diagnostic {
    let message = format!("the name of a field without quotes is read as `{truth}`, as decK does");
    Diagnostic::warning(DiagnosticCode::YamlWord, message)
        .at(at)
        .help("put the name in quotes to keep it as it is written")
}

/// Tells why a scalar has no meaning, without its text.
pub(super) fn scalar_error(misfit: ScalarError, at: Span) -> Diagnostic {
    match misfit {
        ScalarError::NotFinite => Diagnostic::error(
            DiagnosticCode::YamlNumber,
            "Kong takes no infinite numbers, and nothing that is no number",
        )
        .help("put it in quotes if it is text"),
        ScalarError::TagMismatch => Diagnostic::error(DiagnosticCode::YamlTag, "the value is not what its tag says"),
        ScalarError::InvalidBinary => Diagnostic::error(
            DiagnosticCode::YamlTag,
            "the value of `!!binary` is not the base64 of a text",
        ),
    }
    .at_secret(at)
}

fn notation_message(oddity: Yaml11Notation) -> &'static str {
    match oddity {
        Yaml11Notation::Octal => {
            "a number with a leading zero is octal, as decK reads it; YAML 1.2 reads it as decimal"
        }
        Yaml11Notation::Binary => "`0b` makes a binary number, as decK reads it; YAML 1.2 reads it as text",
        Yaml11Notation::Underscores => {
            "underscores within a number are dropped, as decK does; YAML 1.2 reads it as text"
        }
        Yaml11Notation::TooLong => {
            "the number has more digits than a number can hold: the last ones are lost, as with decK"
        }
    }
}
