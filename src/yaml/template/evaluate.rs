//! The value of a template.

use super::expression::Function;
use super::{Complaint, Environment, Expression};

/// What a template gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    /// Its text, as it would stand in the file.
    pub(crate) text: String,
    /// Whether it is a number or a truth rather than text.
    pub(crate) typed: bool,
    /// By how many spaces `indent` moves all lines but the first.
    pub(crate) indent: usize,
    /// The variables it was made of.
    pub(crate) variables: Vec<String>,
    /// The variable among them that is not set, if one is: the text is made up.
    pub(crate) unset: Option<String>,
}

/// What is mocked as a number.
const MOCKED_NUMBER: &str = "42";

/// Computes the value of a template.
pub(crate) fn evaluate(expression: &Expression, environment: &Environment<'_>) -> Result<Filled, Complaint> {
    match expression {
        Expression::Text(text) => Ok(Filled::of(text.clone(), false)),
        Expression::Number(number) => Ok(Filled::of(number.to_string(), true)),
        Expression::Call(function, arguments) => call(*function, arguments, environment),
    }
}

fn call(function: Function, arguments: &[Expression], environment: &Environment<'_>) -> Result<Filled, Complaint> {
    match (function, arguments) {
        (Function::Env, [name]) => variable(evaluate(name, environment)?.text, environment),
        (Function::Indent, [Expression::Number(spaces @ 0..=1000), text]) => {
            let mut filled = evaluate(text, environment)?;
            filled.indent += *spaces as usize;
            Ok(filled)
        }
        (Function::ToInt | Function::ToFloat | Function::ToBool, [value]) => {
            let filled = evaluate(value, environment)?;
            match environment {
                Environment::Mocked => Ok(filled.typed_as(mocked(function).to_owned())),
                _ if filled.unset.is_some() => Ok(filled.typed_as(mocked(function).to_owned())),
                Environment::Of(_) | Environment::IfSet(_) => convert(function, filled),
            }
        }
        _ => Err(Complaint::Arguments(function.name())),
    }
}

fn variable(name: String, environment: &Environment<'_>) -> Result<Filled, Complaint> {
    if !name.starts_with("DECK_") {
        return Err(Complaint::Prefix(name));
    }
    look_up(name, environment)
}

/// The value of a variable of any name.
pub(crate) fn look_up(name: String, environment: &Environment<'_>) -> Result<Filled, Complaint> {
    let value = match environment {
        Environment::Mocked => Some(name.clone()),
        Environment::Of(value) | Environment::IfSet(value) => value(&name),
    };
    match (value, environment) {
        (Some(text), _) => Ok(Filled {
            variables: vec![name],
            ..Filled::of(text, false)
        }),
        (None, Environment::IfSet(_)) => Ok(Filled {
            variables: vec![name.clone()],
            unset: Some(name.clone()),
            ..Filled::of(name, false)
        }),
        (None, _) => Err(Complaint::Unset(name)),
    }
}

fn mocked(function: Function) -> &'static str {
    match function {
        Function::ToBool => "false",
        _ => MOCKED_NUMBER,
    }
}

fn convert(function: Function, filled: Filled) -> Result<Filled, Complaint> {
    let text = filled.text.as_str();
    let (converted, wanted) = match function {
        Function::ToBool => (truth(text).map(|truth| truth.to_string()), "true or false"),
        Function::ToInt => (
            text.parse::<i64>().ok().map(|number| number.to_string()),
            "a whole number",
        ),
        _ => (float(text).map(|number| number.to_string()), "a number"),
    };
    match converted {
        Some(text) => Ok(filled.typed_as(text)),
        None => Err(Complaint::NotA(wanted, filled.variables)),
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

impl Filled {
    /// A character that is no value of anyone's.
    pub(crate) fn character(character: char) -> Self {
        Self::of(character.to_string(), false)
    }

    fn of(text: String, typed: bool) -> Self {
        Self {
            text,
            typed,
            indent: 0,
            variables: Vec::new(),
            unset: None,
        }
    }

    fn typed_as(self, text: String) -> Self {
        Self {
            text,
            typed: true,
            ..self
        }
    }
}
