//! Diagnostics of scalars that are not what they look like.

use super::number::Yaml11Notation;
use super::scalar::{ScalarError, Yaml11Difference};
use crate::{Diagnostic, DiagnosticCode, Span};

/// Warns where YAML 1.1, which decK reads, and YAML 1.2 differ. Words may be shown, numbers may be secret.
pub(super) fn yaml11_warning(difference: Yaml11Difference, at: Span) -> Diagnostic {
    match difference {
        Yaml11Difference::Word(truth) => {
            let message =
                format!("a word without quotes is read as `{truth}`, as decK does; YAML 1.2 reads it as text");
            Diagnostic::warning(DiagnosticCode::YamlWord, message)
                .at(at)
                .help(format!("write `{truth}`, or put the word in quotes"))
        }
        Yaml11Difference::Number(notation) => {
            Diagnostic::warning(DiagnosticCode::YamlNumber, notation_message(notation))
                .at_secret(at)
                .help("write the number in plain digits, or put it in quotes if it is text")
        }
    }
}

/// Warns of a key that is a word of YAML 1.1.
pub(super) fn yaml11_key_warning(truth: bool, at: Span) -> Diagnostic {
    let message = format!("the name of a field without quotes is read as `{truth}`, as decK does");
    Diagnostic::warning(DiagnosticCode::YamlWord, message)
        .at(at)
        .help("put the name in quotes to keep it as it is written")
}

/// The error of a scalar that has no value, without its text.
pub(super) fn scalar_error(error: ScalarError, at: Span) -> Diagnostic {
    match error {
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

fn notation_message(notation: Yaml11Notation) -> &'static str {
    match notation {
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
