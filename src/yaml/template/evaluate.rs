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
        (TemplateFunction::Env, [name]) => {
            let name = evaluate(name, environment)?;
            match name.variables.is_empty() {
                true => deck_variable(name.text, environment),
                false => computed_variable(name, environment),
            }
        }
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

/// The value of a variable whose name is a value itself: no message, and no account of origins, may hold that name.
fn computed_variable(
    name: TemplateValue,
    environment: &TemplateEnvironment<'_>,
) -> Result<TemplateValue, TemplateError> {
    if name.unset_variable.is_some() {
        return Ok(name);
    }
    match deck_variable(name.text, environment) {
        Ok(value) if value.unset_variable.is_none() => Ok(TemplateValue {
            variables: name.variables,
            ..value
        }),
        _ => Err(TemplateError::ComputedName(name.variables)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::parse_template;

    const SECRETS: [(&str, &str); 3] = [
        ("DECK_OTHER", "DECK_HUNTER2"),
        ("DECK_PLAIN", "hunter2"),
        ("DECK_WHICH", "DECK_PLAIN"),
    ];

    fn lookup(name: &str) -> Option<String> {
        let found = SECRETS.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_name_that_is_a_value_is_in_no_error_and_no_origin() {
        for template in [
            "env \"DECK_PLAIN\" | env",
            "env (env \"DECK_PLAIN\")",
            "env (env \"DECK_OTHER\")",
            "env \"DECK_OTHER\" | env | toInt",
            "env (indent 2 (env \"DECK_OTHER\"))",
            "env \"DECK_WHICH\" | env | env",
            "env \"DECK_WHICH\" | env | toBool",
        ] {
            let expression = parse_template(template).expect("a template");
            for environment in [
                TemplateEnvironment::Strict(&lookup),
                TemplateEnvironment::Lenient(&lookup),
            ] {
                let error = evaluate(&expression, &environment).expect_err(template).to_diagnostic();
                let shown = format!("{error:?}").to_lowercase();
                assert!(!shown.contains("hunter2"), "{template}: {shown}");
            }
        }
        let expression = parse_template("env (env \"DECK_WHICH\")").expect("a template");
        let value = evaluate(&expression, &TemplateEnvironment::Strict(&lookup)).expect("a value");
        assert_eq!(
            (value.text.as_str(), value.variables),
            ("hunter2", vec!["DECK_WHICH".to_owned()])
        );
    }
}
