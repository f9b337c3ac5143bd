//! What is wrong with a template, and what to do about it.

use crate::{Diagnostic, suggest_similar};

/// What is wrong with a template. It never holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// `${{` without `}}` on its line.
    NotClosed,
    /// A quote within the template is not closed.
    OpenQuote,
    /// `'…'` where Go wants `"…"`.
    SingleQuotes,
    /// Nothing between the braces.
    Empty,
    /// `if`, `range` and the like.
    Control(String),
    /// `{{/* … */}}`.
    Comment,
    /// `$x`, `.x`.
    Variable,
    /// A function that there is not.
    Function(String),
    /// A function with too few, too many or unfit arguments.
    Arguments(&'static str),
    /// Something that is no part of a template.
    Unreadable,
    /// A variable whose name does not begin as it must.
    Prefix(String),
    /// A variable that is not set.
    Unset(String),
    /// A value that is not of the wanted type, of these variables.
    NotA(&'static str, Vec<String>),
    /// A template in the name of a field.
    InKey,
    /// `${NAME:-default}` and its like.
    ShellForm,
}

/// The functions that templates may call.
pub(super) const FUNCTIONS: [&str; 5] = ["env", "toInt", "toFloat", "toBool", "indent"];

const FORM: &str =
    "write `${{ env \"DECK_NAME\" }}`, with `| toInt`, `| toFloat`, `| toBool` or `| indent N` if need be";

impl Complaint {
    /// The complaint as an error without a place.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        let error = Diagnostic::error(self.code(), self.message());
        match self.advice() {
            Some(advice) => error.help(advice),
            None => error,
        }
    }

    /// The same of a variable that a run can do without.
    pub(crate) fn note(&self) -> Diagnostic {
        let note = Diagnostic::note(self.code(), self.message());
        match self {
            Self::Unset(name) => note.help(format!(
                "what it fills in is not checked; set it to have that checked: `export {name}=…`"
            )),
            _ => note,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unset(_) => "unset-variable",
            Self::Prefix(_) => "variable-prefix",
            Self::NotA(..) => "template-value",
            _ => "template",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotClosed => "the template is not closed: `}}` is missing on its line".into(),
            Self::OpenQuote => "a quote within the template is not closed".into(),
            Self::SingleQuotes => "a name within a template stands in double quotes".into(),
            Self::Empty => "the template is empty".into(),
            Self::Control(word) => format!("templates with `{word}` are not read"),
            Self::Comment => "comments of templates are not read".into(),
            Self::Variable => "templates cannot hold variables".into(),
            Self::Function(name) => format!("templates know no function `{name}`"),
            Self::Arguments(name) => format!("`{name}` does not take these arguments"),
            Self::Unreadable => "the template cannot be read".into(),
            Self::Prefix(name) => {
                format!("environment variables in state files must be prefixed with `DECK_`, found `{name}`")
            }
            Self::Unset(name) => format!("the environment variable `{name}` is not set"),
            Self::NotA(wanted, names) => format!("the value of `{}` is not {wanted}", names.join("`, `")),
            Self::InKey => "a template cannot stand in the name of a field".into(),
            Self::ShellForm => "a variable with a default or an operator is not filled in".into(),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::SingleQuotes => Some("write `env \"DECK_NAME\"`; it may stand within double quotes of YAML as it is".into()),
            Self::Control(_) => Some(
                "state files hold values of the environment only: write one file for each case and choose among them when calling"
                    .into(),
            ),
            Self::Comment => Some("use a comment of YAML: `# …`".into()),
            Self::Variable | Self::NotClosed | Self::OpenQuote | Self::Empty | Self::Unreadable => Some(FORM.into()),
            Self::Function(name) => Some(match suggest_similar(name, FUNCTIONS) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known are `{}`", FUNCTIONS.join("`, `")),
            }),
            Self::Arguments("indent") => Some("`indent` takes the number of spaces: `env \"DECK_NAME\" | indent 4`".into()),
            Self::Arguments(_) => Some(FORM.into()),
            Self::Prefix(name) => Some(format!("rename it: `DECK_{name}`")),
            Self::Unset(name) => Some(format!("set it before the run: `export {name}=…`")),
            Self::NotA(..) => None,
            Self::InKey => Some("write the name out; only values are filled in".into()),
            Self::ShellForm => Some("write `${NAME}`, and set the variable before the run".into()),
        }
    }
}
