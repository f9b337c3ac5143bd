use crate::{Diagnostic, DiagnosticCode, suggest_similar};

/// What is wrong with a template. It never holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateError {
    /// `${{` without `}}` on its line.
    Unclosed,
    /// A quote within the template is not closed.
    UnclosedQuote,
    /// `'…'` where Go wants `"…"`.
    SingleQuotes,
    /// Nothing between the braces.
    Empty,
    /// `if`, `range` and the like.
    ControlKeyword(String),
    /// `{{/* … */}}`.
    Comment,
    /// `$x`, `.x`.
    Variable,
    /// A function that there is not.
    UnknownFunction(String),
    /// A function with too few, too many or unfit arguments.
    WrongArguments(&'static str),
    /// Something else that no template can hold.
    Unreadable,
    /// A variable whose name does not begin as it must.
    MissingPrefix(String),
    /// A variable that is not set.
    UnsetVariable(String),
    /// A variable whose name is the value of these, and which is not set or is none of decK's. That name is never shown.
    ComputedName(Vec<String>),
    /// A value that is not of the expected type, of these variables.
    WrongType(&'static str, Vec<String>),
    /// A template in the name of a field.
    InKey,
    /// `${NAME:-default}` and its like.
    ShellOperator,
}

/// The functions that templates may call.
pub(super) const FUNCTIONS: [&str; 5] = ["env", "toInt", "toFloat", "toBool", "indent"];

const TEMPLATE_HELP: &str =
    "write `${{ env \"DECK_NAME\" }}`, with `| toInt`, `| toFloat`, `| toBool` or `| indent N` if need be";

impl TemplateError {
    /// An error without a location.
    pub(crate) fn to_diagnostic(&self) -> Diagnostic {
        let error = Diagnostic::error(self.code(), self.message());
        match self.help() {
            Some(help) => error.help(help),
            None => error,
        }
    }

    /// A note without a location, for a variable that the run can do without.
    pub(crate) fn to_note(&self) -> Diagnostic {
        let note = Diagnostic::note(self.code(), self.message());
        match self {
            Self::UnsetVariable(name) => note.help(format!(
                "what it fills in is not checked; set it to have that checked: `export {name}=…`"
            )),
            _ => note,
        }
    }

    fn code(&self) -> DiagnosticCode {
        match self {
            Self::UnsetVariable(_) => DiagnosticCode::UnsetVariable,
            Self::MissingPrefix(_) => DiagnosticCode::VariablePrefix,
            Self::ComputedName(_) => DiagnosticCode::TemplateValue,
            Self::WrongType(..) => DiagnosticCode::TemplateValue,
            _ => DiagnosticCode::Template,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Unclosed => "the template is not closed: `}}` is missing on its line".into(),
            Self::UnclosedQuote => "a quote within the template is not closed".into(),
            Self::SingleQuotes => "a name within a template stands in double quotes".into(),
            Self::Empty => "the template is empty".into(),
            Self::ControlKeyword(word) => format!("templates with `{word}` are not read"),
            Self::Comment => "comments of templates are not read".into(),
            Self::Variable => "templates cannot hold variables".into(),
            Self::UnknownFunction(name) => format!("templates know no function `{name}`"),
            Self::WrongArguments(name) => format!("`{name}` does not take these arguments"),
            Self::Unreadable => "the template cannot be read".into(),
            Self::MissingPrefix(name) => {
                format!("environment variables in state files must be prefixed with `DECK_`, found `{name}`")
            }
            Self::UnsetVariable(name) => format!("the environment variable `{name}` is not set"),
            Self::ComputedName(names) => format!(
                "the value of `{}` is not the name of a variable that is set and begins with `DECK_`",
                names.join("`, `")
            ),
            Self::WrongType(expected, names) => format!("the value of `{}` is not {expected}", names.join("`, `")),
            Self::InKey => "a template cannot stand in the name of a field".into(),
            Self::ShellOperator => "a variable with a default or an operator is not filled in".into(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::SingleQuotes => Some("write `env \"DECK_NAME\"`; it may stand within double quotes of YAML as it is".into()),
            Self::ControlKeyword(_) => Some(
                "state files hold values of the environment only: write one file for each case and choose among them when calling"
                    .into(),
            ),
            Self::Comment => Some("use a comment of YAML: `# …`".into()),
            Self::Variable | Self::Unclosed | Self::UnclosedQuote | Self::Empty | Self::Unreadable => Some(TEMPLATE_HELP.into()),
            Self::UnknownFunction(name) => Some(match suggest_similar(name, FUNCTIONS) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known are `{}`", FUNCTIONS.join("`, `")),
            }),
            Self::WrongArguments("indent") => Some("`indent` takes the number of spaces: `env \"DECK_NAME\" | indent 4`".into()),
            Self::WrongArguments(_) => Some(TEMPLATE_HELP.into()),
            Self::MissingPrefix(name) => Some(format!("rename it: `DECK_{name}`")),
            Self::UnsetVariable(name) => Some(format!("set it before the run: `export {name}=…`")),
            Self::ComputedName(_) => Some("write the name of the variable itself, once: `env \"DECK_NAME\"`".into()),
            Self::WrongType(..) => None,
            Self::InKey => Some("write the name out; only values are filled in".into()),
            Self::ShellOperator => Some("write `${NAME}`, and set the variable before the run".into()),
        }
    }
}
