use super::{Reason, Verdict};

/// What is known of a reference, in words: why, and what to do. Nothing of a secret is ever in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Why, as a stable word.
    pub reason: Reason,
    /// What it is about, for lists: a variable, a secret, a vault. Findings of one cause share it.
    pub subject: String,
    /// What is wrong and where, in one sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Finding {
    /// A finding about nothing in particular yet.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            subject: String::new(),
            message: message.into(),
            help: None,
        }
    }

    /// The same, about something.
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// The same, saying what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The verdict that follows.
    pub fn verdict(&self) -> Verdict {
        self.reason.verdict()
    }
}
