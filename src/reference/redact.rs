use super::{Assessment, Finding, Reason};

/// What stands for the text of a reference that is not shown.
const REDACTED_REFERENCE: &str = "{vault://…}";

/// Takes back what would show references that templates fill in from the environment: a state file could name any variable
/// of the machine in one, and read its value in a message. Nothing but the verdict and its reason stays.
pub fn redact_templated(judged: &mut [Assessment]) {
    for one in judged.iter_mut().filter(|one| one.site.is_templated) {
        let reason = one.finding.reason;
        let words = reason.code().as_str().replace('-', " ");
        let message = format!("{words}: more is not said of a reference that a template fills in");
        if reason != Reason::UnsetVariable {
            one.finding = Finding::new(reason, message);
        }
        "that a template names".clone_into(&mut one.finding.subject);
        one.certificate = None;
        REDACTED_REFERENCE.clone_into(&mut one.site.text);
    }
}
