//! White space at the ends of a value: an editor's, hardly ever a part of the secret.

use super::{FieldIssue, ResolvedField};
use schema::{FieldCheck, Record};
use yaml::DiagnosticCode;

/// Warns of a value that begins or ends with white space, which Kong uses as it stands. Of PEM and JSON it does no harm.
pub(super) fn white_space_issue(record: &Record, field: &ResolvedField<'_>) -> Option<FieldIssue> {
    let text = field.value.text()?;
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.len() == text.len() || is_multiline_format(trimmed) || takes_pem(record, field) {
        return None;
    }
    let message = match text.trim_end_matches(['\r', '\n']) == trimmed {
        true => "takes a value that ends with a line feed: Kong uses it as it stands",
        false => "takes a value with white space at its ends: Kong uses it as it stands",
    };
    Some(FieldIssue {
        path: field.path.clone(),
        is_error: false,
        code: DiagnosticCode::SpaceAroundValue,
        message: message.to_owned(),
        detail: None,
        help: "store the secret without it (`printf %s` writes no line feed, `echo` does)",
    })
}

fn is_multiline_format(trimmed: &str) -> bool {
    trimmed.starts_with("-----BEGIN ") || trimmed.starts_with('{') && trimmed.ends_with('}')
}

fn takes_pem(record: &Record, field: &ResolvedField<'_>) -> bool {
    let is_pem = |check: &FieldCheck| matches!(check, FieldCheck::PemCertificate | FieldCheck::PemKey);
    record
        .field_at(&field.path)
        .is_some_and(|field| field.checks.iter().any(is_pem))
}
