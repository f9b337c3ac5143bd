use super::TemplateError;
use super::error::FUNCTIONS;
use super::lexer::{TemplateToken, tokenize};

/// What a template says: a text, a number, or a function of those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateExpression {
    Text(String),
    Number(i64),
    Call(TemplateFunction, Vec<TemplateExpression>),
}

/// A function that templates may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TemplateFunction {
    Env,
    ToInt,
    ToFloat,
    ToBool,
    Indent,
}

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 32;

/// How many tokens a template may have.
const MAX_TOKENS: usize = 100;

/// Reads what stands between the braces, trim marks taken off.
pub(crate) fn parse_template(inner: &str) -> Result<TemplateExpression, TemplateError> {
    let tokens = tokenize(inner)?;
    if tokens.len() > MAX_TOKENS {
        return Err(TemplateError::Unreadable);
    }
    let mut reader = TemplateParser {
        tokens: &tokens,
        depth: 0,
    };
    let expression = reader.parse_pipeline()?;
    match reader.tokens.is_empty() {
        true => Ok(expression),
        false => Err(TemplateError::Unreadable),
    }
}

struct TemplateParser<'w> {
    tokens: &'w [TemplateToken],
    depth: usize,
}

impl TemplateParser<'_> {
    /// Commands with `|` between them: the value of each is the last argument of the next.
    fn parse_pipeline(&mut self) -> Result<TemplateExpression, TemplateError> {
        let mut value = self.parse_command(None)?;
        while self.tokens.first() == Some(&TemplateToken::Pipe) {
            self.tokens = &self.tokens[1..];
            value = self.parse_command(Some(value))?;
        }
        Ok(value)
    }

    fn parse_command(&mut self, piped: Option<TemplateExpression>) -> Result<TemplateExpression, TemplateError> {
        match (self.next_token(), piped) {
            (Some(TemplateToken::Name(name)), piped) => {
                let function = find_function(&name)?;
                let mut arguments = self.parse_operands()?;
                arguments.extend(piped);
                Ok(TemplateExpression::Call(function, arguments))
            }
            (Some(token), None) => self.parse_operand(token),
            (None, None) => Err(TemplateError::Empty),
            (_, Some(_)) => Err(TemplateError::Unreadable),
        }
    }

    fn parse_operands(&mut self) -> Result<Vec<TemplateExpression>, TemplateError> {
        let mut operands = Vec::new();
        while !matches!(
            self.tokens.first(),
            None | Some(TemplateToken::Pipe | TemplateToken::CloseParenthesis)
        ) {
            if let Some(token) = self.next_token() {
                operands.push(self.parse_operand(token)?);
            }
        }
        Ok(operands)
    }

    fn parse_operand(&mut self, token: TemplateToken) -> Result<TemplateExpression, TemplateError> {
        match token {
            TemplateToken::Text(text) => Ok(TemplateExpression::Text(text)),
            TemplateToken::Number(number) => Ok(TemplateExpression::Number(number)),
            TemplateToken::Name(name) => Ok(TemplateExpression::Call(find_function(&name)?, Vec::new())),
            TemplateToken::OpenParenthesis if self.depth < MAX_DEPTH => {
                self.depth += 1;
                let inner = self.parse_pipeline()?;
                self.depth -= 1;
                match self.next_token() {
                    Some(TemplateToken::CloseParenthesis) => Ok(inner),
                    _ => Err(TemplateError::Unreadable),
                }
            }
            TemplateToken::OpenParenthesis | TemplateToken::CloseParenthesis | TemplateToken::Pipe => {
                Err(TemplateError::Unreadable)
            }
        }
    }

    fn next_token(&mut self) -> Option<TemplateToken> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }
}

fn find_function(name: &str) -> Result<TemplateFunction, TemplateError> {
    match name {
        "env" => Ok(TemplateFunction::Env),
        "toInt" => Ok(TemplateFunction::ToInt),
        "toFloat" => Ok(TemplateFunction::ToFloat),
        "toBool" => Ok(TemplateFunction::ToBool),
        "indent" => Ok(TemplateFunction::Indent),
        "if" | "else" | "end" | "range" | "with" | "define" | "template" | "block" | "break" | "continue" => {
            Err(TemplateError::ControlKeyword(name.to_owned()))
        }
        _ => Err(TemplateError::UnknownFunction(name.to_owned())),
    }
}

impl TemplateFunction {
    pub(super) fn name(self) -> &'static str {
        FUNCTIONS[self as usize]
    }
}
