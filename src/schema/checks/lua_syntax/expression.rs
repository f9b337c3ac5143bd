use super::lexer::Token;
use super::parser::{ParseResult, Parser, byte, word};
use super::scope::Function;

/// What an expression is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expression {
    Variable,
    Call,
    Value,
}

/// The priority of a binary operator on its left and on its right.
fn priorities(token: Token) -> Option<(u8, u8)> {
    Some(match token {
        Token::Word("or") => (1, 1),
        Token::Word("and") => (2, 2),
        Token::Word("==" | "~=" | "<=" | ">=") | Token::Byte(b'<' | b'>') => (3, 3),
        Token::Word("..") => (5, 4),
        Token::Byte(b'+' | b'-') => (6, 6),
        Token::Byte(b'*' | b'/' | b'%') => (7, 7),
        Token::Byte(b'^') => (10, 9),
        _ => return None,
    })
}

const UNARY_PRIORITY: u8 = 8;

impl Parser<'_> {
    pub(super) fn expression_list(&mut self) -> ParseResult {
        self.expression()?;
        while self.accept(byte(b','))? {
            self.expression()?;
        }
        Ok(())
    }

    pub(super) fn expression(&mut self) -> ParseResult {
        self.binary_expression(0)
    }

    fn binary_expression(&mut self, limit: u8) -> ParseResult {
        self.enter()?;
        if matches!(self.token, Token::Word("not") | Token::Byte(b'-' | b'#')) {
            self.advance()?;
            self.binary_expression(UNARY_PRIORITY)?;
        } else {
            self.simple_expression()?;
        }
        while let Some((_, right)) = priorities(self.token).filter(|(left, _)| *left > limit) {
            self.advance()?;
            self.binary_expression(right)?;
        }
        self.level -= 1;
        Ok(())
    }

    fn simple_expression(&mut self) -> ParseResult {
        let token = self.token;
        match token {
            Token::Number | Token::String | Token::Word("nil" | "true" | "false") => self.advance(),
            Token::Word("...") if self.function().has_varargs => self.advance(),
            Token::Word("...") => Err(self.error("cannot use '...' outside a vararg function")),
            Token::Byte(b'{') => self.table(),
            Token::Word("function") => {
                let line = self.lexer.line;
                self.advance()?;
                self.function_body(false, line)
            }
            _ => self.primary_expression().map(|_| ()),
        }
    }

    /// A variable, a call, or something between parentheses, with what follows it.
    pub(super) fn primary_expression(&mut self) -> ParseResult<Expression> {
        let mut expression = match self.token {
            Token::Byte(b'(') => {
                let line = self.lexer.line;
                self.advance()?;
                self.expression()?;
                self.expect_closing(byte(b')'), byte(b'('), line)?;
                Expression::Value
            }
            Token::Name | Token::Word("goto") => {
                let name = self.expect_name()?;
                self.use_variable(&name)?;
                Expression::Variable
            }
            _ => return Err(self.unexpected()),
        };
        loop {
            expression = match self.token {
                Token::Byte(b'.') => {
                    self.advance()?;
                    self.expect_name()?;
                    Expression::Variable
                }
                Token::Byte(b'[') => {
                    self.advance()?;
                    self.expression()?;
                    self.expect(byte(b']'))?;
                    Expression::Variable
                }
                Token::Byte(b':') => {
                    self.advance()?;
                    self.expect_name()?;
                    self.arguments()?;
                    Expression::Call
                }
                Token::Byte(b'(' | b'{') | Token::String => {
                    self.arguments()?;
                    Expression::Call
                }
                _ => return Ok(expression),
            };
        }
    }

    fn arguments(&mut self) -> ParseResult {
        let line = self.lexer.line;
        match self.token {
            Token::Byte(b'(') => {
                self.advance()?;
                if self.token != byte(b')') {
                    self.expression_list()?;
                }
                self.expect_closing(byte(b')'), byte(b'('), line)
            }
            Token::Byte(b'{') => self.table(),
            Token::String => self.advance(),
            _ => Err(self.error("function arguments expected")),
        }
    }

    fn table(&mut self) -> ParseResult {
        let line = self.lexer.line;
        self.expect(byte(b'{'))?;
        while self.token != byte(b'}') {
            if self.accept(byte(b'['))? {
                self.expression()?;
                self.expect(byte(b']'))?;
                self.expect(byte(b'='))?;
            } else if matches!(self.token, Token::Name | Token::Word("goto")) && self.peek_next()? == byte(b'=') {
                self.advance()?;
                self.advance()?;
            }
            self.expression()?;
            if !self.accept(byte(b','))? && !self.accept(byte(b';'))? {
                break;
            }
        }
        self.expect_closing(byte(b'}'), byte(b'{'), line)
    }

    pub(super) fn function_body(&mut self, has_self: bool, line: usize) -> ParseResult {
        let mut function = Function::new(line, false);
        let mut parameters: Vec<Vec<u8>> = has_self.then(|| b"self".to_vec()).into_iter().collect();
        self.expect(byte(b'('))?;
        if self.token != byte(b')') {
            loop {
                match self.token {
                    Token::Name | Token::Word("goto") => parameters.push(self.expect_name()?),
                    Token::Word("...") => {
                        self.advance()?;
                        function.has_varargs = true;
                        break;
                    }
                    _ => return Err(self.error("<name> or '...' expected")),
                }
                if !self.accept(byte(b','))? {
                    break;
                }
            }
        }
        self.expect(byte(b')'))?;
        function.open_block(false);
        function.declare(parameters, self.lexer.line)?;
        self.functions.push(function);
        self.block_body()?;
        if self.token != word("end") {
            self.expect_closing(word("end"), word("function"), line)?;
        }
        self.function().close_block()?;
        self.functions.pop();
        self.advance()
    }

    /// A variable of an outer function is an upvalue of each function between.
    pub(super) fn use_variable(&mut self, name: &[u8]) -> ParseResult {
        let Some(owner) = self.functions.iter().rposition(|function| function.is_local(name)) else {
            return Ok(());
        };
        let line = self.lexer.line;
        self.functions[owner + 1..]
            .iter_mut()
            .try_for_each(|function| function.add_upvalue(name, line))
    }
}
