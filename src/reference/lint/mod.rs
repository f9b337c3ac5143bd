//! What Kong silently takes and hardly anybody means.

mod reference;
mod text;

use super::{Assessment, FieldIssue, Policies, Policy, Vaults, report_issues};
use schema::{Catalog, FieldPath};
use state::DesiredState;
use yaml::{Diagnostic, DiagnosticCode};

/// What is odd about the references of this run's entities, and what the documents hold that only looks like one. These are
/// warnings whatever the policy: they can be seen from the text alone.
pub fn lint(catalog: &Catalog, desired: &DesiredState, judged: &[Assessment], vaults: &Vaults) -> Vec<Diagnostic> {
    let mut remarks = text::lint_texts(desired);
    remarks.extend(reference::lint_references(catalog, judged, vaults));
    let policies = Policies {
        general: Policy::Warn,
        settings: None,
    };
    report_issues(catalog, desired, &remarks, policies)
}

/// Something odd: its word, what is odd as what follows "the field", and what to do.
struct LintIssue {
    code: DiagnosticCode,
    message: String,
    help: &'static str,
}

impl LintIssue {
    fn new(code: DiagnosticCode, message: impl Into<String>, help: &'static str) -> Self {
        Self {
            code,
            message: message.into(),
            help,
        }
    }

    fn at_field(self, path: FieldPath) -> FieldIssue {
        FieldIssue {
            path,
            is_error: false,
            code: self.code,
            message: self.message,
            detail: None,
            help: self.help,
        }
    }
}
