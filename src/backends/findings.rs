//! Findings that several backends report.

use reference::{Finding, Reason};

pub(crate) fn bad_settings_finding(vault: &str, what: &str) -> Finding {
    let message = format!("the vault '{vault}' cannot be asked: {what}");
    Finding::new(Reason::BadSettings, message)
        .about(vault)
        .help("correct the settings of the vault")
}

/// One part of credentials without the other. What to set is the caller's to add.
pub(crate) fn incomplete_pair_finding(vault: &str, missing: &str) -> Finding {
    let message = format!("half of the credentials for the vault '{vault}' are given: {missing} is missing");
    Finding::new(Reason::BadSettings, message).about(vault)
}
