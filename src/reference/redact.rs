use super::{Assessment, Finding, Reason};

/// Stands for the text of a redacted reference.
const REDACTED_REFERENCE: &str = "{vault://…}";

/// Redacts references that templates fill in from the environment: a state file could name any variable of the machine in
/// one, and read its value in a message. Only the verdict and its reason stay. Idempotent.
pub fn redact_templated(assessments: &mut [Assessment]) {
    let templated = assessments.iter_mut().filter(|assessment| assessment.site.is_templated);
    for assessment in templated {
        let reason = assessment.finding.reason;
        let words = reason.code().as_str().replace('-', " ");
        let message = format!("{words}: more is not said of a reference that a template fills in");
        if reason != Reason::UnsetVariable {
            assessment.finding = Finding::new(reason, message);
        }
        "that a template names".clone_into(&mut assessment.finding.subject);
        assessment.certificate = None;
        REDACTED_REFERENCE.clone_into(&mut assessment.site.text);
    }
}
