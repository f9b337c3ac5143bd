/// What a command prints to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputMode {
    /// Lines for people, one for each change unless `silence_events`.
    Text { silence_events: bool },
    /// One JSON document at the end: decK's, or one that lists references alone.
    Json { references_only: bool },
    /// A format of the command's own: a dump, a script, one value. All else is text on standard error.
    Raw,
}

impl OutputMode {
    /// The mode that the flags of a run ask for.
    pub(crate) fn from_flags(json_output: bool, silence_events: bool) -> Self {
        match json_output {
            true => Self::Json { references_only: false },
            false => Self::Text { silence_events },
        }
    }

    /// The mode of a command that is about references alone.
    pub(crate) fn for_references(json_output: bool) -> Self {
        match json_output {
            true => Self::Json { references_only: true },
            false => Self::Text { silence_events: false },
        }
    }
}
