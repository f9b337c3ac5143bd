//! What a template says: a text, a number, or a function of those.

use super::Complaint;
use super::complaint::FUNCTIONS;
use super::lexer::{Word, words};

/// What a template says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Text(String),
    Number(i64),
    Call(Function, Vec<Expression>),
}

/// What a template can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Env,
    ToInt,
    ToFloat,
    ToBool,
    Indent,
}

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 32;

/// How many words a template may have.
const MAX_WORDS: usize = 100;

/// Reads what stands between the braces, trim marks taken off.
pub(crate) fn parse(inner: &str) -> Result<Expression, Complaint> {
    let words = words(inner)?;
    if words.len() > MAX_WORDS {
        return Err(Complaint::Unreadable);
    }
    let mut reader = Reader {
        words: &words,
        depth: 0,
    };
    let expression = reader.pipeline()?;
    match reader.words.is_empty() {
        true => Ok(expression),
        false => Err(Complaint::Unreadable),
    }
}

struct Reader<'w> {
    words: &'w [Word],
    depth: usize,
}

impl Reader<'_> {
    /// Commands with `|` between them: the value of each is the last argument of the next.
    fn pipeline(&mut self) -> Result<Expression, Complaint> {
        let mut value = self.command(None)?;
        while self.words.first() == Some(&Word::Pipe) {
            self.words = &self.words[1..];
            value = self.command(Some(value))?;
        }
        Ok(value)
    }

    fn command(&mut self, piped: Option<Expression>) -> Result<Expression, Complaint> {
        match (self.take(), piped) {
            (Some(Word::Name(name)), piped) => {
                let function = function(&name)?;
                let mut arguments = self.operands()?;
                arguments.extend(piped);
                Ok(Expression::Call(function, arguments))
            }
            (Some(word), None) => self.operand(word),
            (None, None) => Err(Complaint::Empty),
            (_, Some(_)) => Err(Complaint::Unreadable),
        }
    }

    fn operands(&mut self) -> Result<Vec<Expression>, Complaint> {
        let mut operands = Vec::new();
        while !matches!(self.words.first(), None | Some(Word::Pipe | Word::Close)) {
            if let Some(word) = self.take() {
                operands.push(self.operand(word)?);
            }
        }
        Ok(operands)
    }

    fn operand(&mut self, word: Word) -> Result<Expression, Complaint> {
        match word {
            Word::Text(text) => Ok(Expression::Text(text)),
            Word::Number(number) => Ok(Expression::Number(number)),
            Word::Name(name) => Ok(Expression::Call(function(&name)?, Vec::new())),
            Word::Open if self.depth < MAX_DEPTH => {
                self.depth += 1;
                let inner = self.pipeline()?;
                self.depth -= 1;
                match self.take() {
                    Some(Word::Close) => Ok(inner),
                    _ => Err(Complaint::Unreadable),
                }
            }
            Word::Open | Word::Close | Word::Pipe => Err(Complaint::Unreadable),
        }
    }

    fn take(&mut self) -> Option<Word> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first.clone())
    }
}

fn function(name: &str) -> Result<Function, Complaint> {
    match name {
        "env" => Ok(Function::Env),
        "toInt" => Ok(Function::ToInt),
        "toFloat" => Ok(Function::ToFloat),
        "toBool" => Ok(Function::ToBool),
        "indent" => Ok(Function::Indent),
        "if" | "else" | "end" | "range" | "with" | "define" | "template" | "block" | "break" | "continue" => {
            Err(Complaint::Control(name.to_owned()))
        }
        _ => Err(Complaint::Function(name.to_owned())),
    }
}

impl Function {
    pub(super) fn name(self) -> &'static str {
        FUNCTIONS[self as usize]
    }
}
