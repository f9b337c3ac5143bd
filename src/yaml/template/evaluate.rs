use super::expression::TemplateFunction;
use super::{TemplateEnvironment, TemplateError, TemplateExpression};

/// What a template gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateValue {
    /// Its text, as it would stand in the file.
    pub(crate) text: String,
    /// Whether it is a number or a boolean rather than text.
    pub(crate) is_typed: bool,
    /// By how many spaces `indent` moves all lines but the first.
    pub(crate) indent: usize,
    /// The variables it was made of.
    pub(crate) variables: Vec<String>,
    /// One of them that is not set: the text is made up.
    pub(crate) unset_variable: Option<String>,
}

/// The mock value of numbers.
const MOCK_NUMBER: &str = "42";

/// Computes the value of a template.
pub(crate) fn evaluate(
    expression: &TemplateExpression,
    environment: &TemplateEnvironment<'_>,
) -> Result<TemplateValue, TemplateError> {
    match expression {
        TemplateExpression::Text(text) => Ok(TemplateValue::new(text.clone(), false)),
        TemplateExpression::Number(number) => Ok(TemplateValue::new(number.to_string(), true)),
        TemplateExpression::Call(function, arguments) => call_function(*function, arguments, environment),
    }
}

fn call_function(
    function: TemplateFunction,
    arguments: &[TemplateExpression],
    environment: &TemplateEnvironment<'_>,
) -> Result<TemplateValue, TemplateError> {
    match (function, arguments) {
        (TemplateFunction::Env, [name]) => deck_variable(evaluate(name, environment)?.text, environment),
        (TemplateFunction::Indent, [TemplateExpression::Number(spaces @ 0..=1000), text]) => {
            let mut value = evaluate(text, environment)?;
            value.indent += *spaces as usize;
            Ok(value)
        }
        (TemplateFunction::ToInt | TemplateFunction::ToFloat | TemplateFunction::ToBool, [value]) => {
            let value = evaluate(value, environment)?;
            match environment {
                TemplateEnvironment::Mock => Ok(value.with_typed_text(mock_value(function).to_owned())),
                _ if value.unset_variable.is_some() => Ok(value.with_typed_text(mock_value(function).to_owned())),
                TemplateEnvironment::Strict(_) | TemplateEnvironment::Lenient(_) => convert_value(function, value),
            }
        }
        _ => Err(TemplateError::WrongArguments(function.name())),
    }
}

fn deck_variable(name: String, environment: &TemplateEnvironment<'_>) -> Result<TemplateValue, TemplateError> {
    if !name.starts_with("DECK_") {
        return Err(TemplateError::MissingPrefix(name));
    }
    look_up_variable(name, environment)
}

/// The value of a variable of any name.
pub(crate) fn look_up_variable(
    name: String,
    environment: &TemplateEnvironment<'_>,
) -> Result<TemplateValue, TemplateError> {
    let value = match environment {
        TemplateEnvironment::Mock => Some(name.clone()),
        TemplateEnvironment::Strict(value) | TemplateEnvironment::Lenient(value) => value(&name),
    };
    match (value, environment) {
        (Some(text), _) => Ok(TemplateValue {
            variables: vec![name],
            ..TemplateValue::new(text, false)
        }),
        (None, TemplateEnvironment::Lenient(_)) => Ok(TemplateValue {
            variables: vec![name.clone()],
            unset_variable: Some(name.clone()),
            ..TemplateValue::new(name, false)
        }),
        (None, _) => Err(TemplateError::UnsetVariable(name)),
    }
}

fn mock_value(function: TemplateFunction) -> &'static str {
    match function {
        TemplateFunction::ToBool => "false",
        _ => MOCK_NUMBER,
    }
}

fn convert_value(function: TemplateFunction, value: TemplateValue) -> Result<TemplateValue, TemplateError> {
    let text = value.text.as_str();
    let (converted, expected) = match function {
        TemplateFunction::ToBool => (parse_bool(text).map(|truth| truth.to_string()), "true or false"),
        TemplateFunction::ToInt => (
            text.parse::<i64>().ok().map(|number| number.to_string()),
            "a whole number",
        ),
        _ => (parse_finite_float(text).map(|number| number.to_string()), "a number"),
    };
    match converted {
        Some(text) => Ok(value.with_typed_text(text)),
        None => Err(TemplateError::WrongType(expected, value.variables)),
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn parse_finite_float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

impl TemplateValue {
    /// A character that no variable gave.
    pub(crate) fn from_char(character: char) -> Self {
        Self::new(character.to_string(), false)
    }

    fn new(text: String, is_typed: bool) -> Self {
        Self {
            text,
            is_typed,
            indent: 0,
            variables: Vec::new(),
            unset_variable: None,
        }
    }

    fn with_typed_text(self, text: String) -> Self {
        Self {
            text,
            is_typed: true,
            ..self
        }
    }
}
