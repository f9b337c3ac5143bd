//! What Kong silently takes and hardly anybody means.

mod near_form;
mod reference;
mod text;

use super::{Assessment, FieldIssue, Policies, Policy, Vaults, report_issues};
use schema::{Catalog, FieldPath};
use state::DesiredState;
use yaml::{Diagnostic, DiagnosticCode};

/// Warnings of odd references in this run's entities, and of texts that only look like references. The policy does not
/// matter: all of it can be seen from the text alone.
pub fn lint(catalog: &Catalog, desired: &DesiredState, assessments: &[Assessment], vaults: &Vaults) -> Vec<Diagnostic> {
    let mut issues = text::lint_texts(catalog, desired);
    issues.extend(reference::lint_references(catalog, assessments, vaults));
    let policies = Policies {
        general: Policy::Warn,
        settings: None,
    };
    report_issues(catalog, desired, &issues, policies)
}

struct LintIssue {
    code: DiagnosticCode,
    /// What is odd, as what follows "the field".
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
