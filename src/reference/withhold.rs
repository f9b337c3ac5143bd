use super::{Finding, Judged, Reason};

/// What stands for the text of a reference that is not shown.
const TEXT: &str = "{vault://…}";

/// Takes back what would show references that templates fill in from the environment: a state file could name any variable
/// of the machine in one, and read its value in a message. Nothing but the verdict and its reason stays.
pub fn withhold(judged: &mut [Judged]) {
    for one in judged.iter_mut().filter(|one| one.usage.filled) {
        let reason = one.finding.reason;
        let words = reason.code().replace('-', " ");
        let message = format!("{words}: more is not said of a reference that a template fills in");
        if reason != Reason::UnsetVariable {
            one.finding = Finding::new(reason, message);
        }
        "that a template names".clone_into(&mut one.finding.subject);
        one.certificate = None;
        TEXT.clone_into(&mut one.usage.text);
    }
}
