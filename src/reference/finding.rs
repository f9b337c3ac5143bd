use super::{Reason, Verdict};

/// What is known of a reference: why, and what to do. Nothing of a secret is ever in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Why the verdict is what it is.
    pub reason: Reason,
    /// What it is about, for lists: a variable, a secret, a vault. Findings of one cause share it.
    pub subject: String,
    /// What is wrong and where, in one sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Finding {
    /// Without a subject and without help.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            subject: String::new(),
            message: message.into(),
            help: None,
        }
    }

    /// The same, with a subject.
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// The same, with what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        self.reason.verdict()
    }
}
