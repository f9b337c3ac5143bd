//! What Kong silently takes and hardly anybody means.

mod reference;
mod text;

use super::{Flaw, Judged, Policies, Policy, Vaults, remarked};
use schema::{Catalog, FieldPath};
use state::Desired;
use yaml::Diagnostic;

/// What is odd about the references of this run's entities, and what the documents hold that only looks like one. These are
/// warnings whatever the policy: they can be seen from the text alone.
pub fn lint(catalog: &Catalog, desired: &Desired, judged: &[Judged], vaults: &Vaults) -> Vec<Diagnostic> {
    let mut remarks = text::remarks(desired);
    remarks.extend(reference::remarks(catalog, judged, vaults));
    let policies = Policies {
        general: Policy::Warn,
        settings: None,
    };
    remarked(catalog, desired, &remarks, policies)
}

/// Something odd: its word, what is odd as what follows "the field", and what to do.
struct Odd {
    code: &'static str,
    message: String,
    help: &'static str,
}

impl Odd {
    fn new(code: &'static str, message: impl Into<String>, help: &'static str) -> Self {
        Self {
            code,
            message: message.into(),
            help,
        }
    }

    fn flaw(self, path: FieldPath) -> Flaw {
        Flaw {
            path,
            wrong: false,
            code: self.code,
            message: self.message,
            detail: None,
            help: self.help,
        }
    }
}
