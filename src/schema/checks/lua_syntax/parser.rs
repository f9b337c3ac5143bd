use super::LuaError;
use super::expression::Expression;
use super::lexer::{Lexer, Token};
use super::scope::{BREAK, Function};

/// How deep statements and expressions may be nested.
const MAX_LEVELS: usize = 200;

pub(super) type ParseResult<T = ()> = Result<T, LuaError>;

/// Parses a whole chunk.
///
/// # Errors
/// The first thing that does not compile.
pub(super) fn parse_chunk(source: &str) -> ParseResult {
    let mut parser = Parser {
        lexer: Lexer::new(source),
        token: Token::Eof,
        lookahead: None,
        functions: vec![Function::new(0, true)],
        level: 0,
    };
    parser.advance()?;
    parser.function().open_block(false);
    parser.block_body()?;
    match parser.token {
        Token::Eof => parser.function().close_block(),
        _ => Err(parser.expected(Token::Eof)),
    }
}

pub(super) struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    pub(super) token: Token,
    lookahead: Option<Token>,
    pub(super) functions: Vec<Function>,
    pub(super) level: usize,
}

pub(super) const fn byte(byte: u8) -> Token {
    Token::Byte(byte)
}

pub(super) const fn word(word: &'static str) -> Token {
    Token::Word(word)
}

impl Parser<'_> {
    pub(super) fn function(&mut self) -> &mut Function {
        let last = self.functions.len() - 1;
        &mut self.functions[last]
    }

    pub(super) fn advance(&mut self) -> ParseResult {
        self.token = match self.lookahead.take() {
            Some(token) => token,
            None => self.lexer.next_token()?,
        };
        Ok(())
    }

    /// Looks one token further, the text of the present one kept.
    pub(super) fn peek_next(&mut self) -> ParseResult<Token> {
        if let Some(token) = self.lookahead {
            return Ok(token);
        }
        let text = self.lexer.text.clone();
        let token = self.lexer.next_token()?;
        if !matches!(token, Token::Name | Token::String | Token::Number) {
            self.lexer.text = text;
        }
        self.lookahead = Some(token);
        Ok(token)
    }

    pub(super) fn error(&self, message: &str) -> LuaError {
        let near = match self.token {
            Token::Name | Token::String | Token::Number => String::from_utf8_lossy(&self.lexer.text).into_owned(),
            token => token.label(),
        };
        LuaError::near(self.lexer.line, message, &near)
    }

    pub(super) fn unexpected(&self) -> LuaError {
        self.error("unexpected symbol")
    }

    fn expected(&self, token: Token) -> LuaError {
        self.error(&format!("'{}' expected", token.label()))
    }

    pub(super) fn accept(&mut self, token: Token) -> ParseResult<bool> {
        let found = self.token == token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, token: Token) -> ParseResult {
        match self.accept(token)? {
            true => Ok(()),
            false => Err(self.expected(token)),
        }
    }

    /// What closes something that was opened on a line.
    pub(super) fn expect_closing(&mut self, close: Token, open: Token, line: usize) -> ParseResult {
        if self.accept(close)? {
            return Ok(());
        }
        if line == self.lexer.line {
            return Err(self.expected(close));
        }
        let (close, open) = (close.label(), open.label());
        Err(self.error(&format!("'{close}' expected (to close '{open}' at line {line})")))
    }

    /// A name; `goto` is one where it is no statement.
    pub(super) fn expect_name(&mut self) -> ParseResult<Vec<u8>> {
        let name = match self.token {
            Token::Name => self.lexer.text.clone(),
            Token::Word("goto") => b"goto".to_vec(),
            _ => return Err(self.expected(Token::Name)),
        };
        self.advance()?;
        Ok(name)
    }

    pub(super) fn enter(&mut self) -> ParseResult {
        self.level += 1;
        match self.level >= MAX_LEVELS {
            true => Err(LuaError::new(self.lexer.line, "chunk has too many syntax levels")),
            false => Ok(()),
        }
    }

    fn is_block_end(&self) -> bool {
        matches!(
            self.token,
            Token::Eof | Token::Word("else" | "elseif" | "end" | "until")
        )
    }

    /// The statements of a block.
    pub(super) fn block_body(&mut self) -> ParseResult {
        self.enter()?;
        let mut is_last = false;
        while !is_last && !self.is_block_end() {
            is_last = self.statement()?;
            self.accept(byte(b';'))?;
        }
        self.level -= 1;
        Ok(())
    }

    fn block(&mut self, is_loop: bool) -> ParseResult {
        self.function().open_block(is_loop);
        self.block_body()?;
        self.function().close_block()
    }

    /// Parses a statement and says whether nothing may follow it.
    fn statement(&mut self) -> ParseResult<bool> {
        let (line, token) = (self.lexer.line, self.token);
        match token {
            Token::Word("if") => self.if_statement(line)?,
            Token::Word("while") => {
                self.advance()?;
                self.expression()?;
                self.loop_body(word("while"), line)?;
            }
            Token::Word("do") => {
                self.advance()?;
                self.block(false)?;
                self.expect_closing(word("end"), word("do"), line)?;
            }
            Token::Word("for") => self.for_statement(line)?,
            Token::Word("repeat") => self.repeat_statement(line)?,
            Token::Word("function") => self.function_statement(line)?,
            Token::Word("local") => self.local_statement(line)?,
            Token::Word("return") => {
                self.return_statement()?;
                return Ok(true);
            }
            Token::Word("break") => {
                self.advance()?;
                self.function().add_goto(BREAK, line);
            }
            Token::Byte(b';') => {}
            Token::Word("::") => self.label_statements()?,
            Token::Word("goto") if matches!(self.peek_next()?, Token::Name | Token::Word("goto")) => {
                self.advance()?;
                let line = self.lexer.line;
                let name = self.expect_name()?;
                self.function().add_goto(&name, line);
            }
            _ => self.expression_statement()?,
        }
        Ok(false)
    }

    fn if_statement(&mut self, line: usize) -> ParseResult {
        self.condition_and_block()?;
        while self.token == word("elseif") {
            self.condition_and_block()?;
        }
        if self.accept(word("else"))? {
            self.block(false)?;
        }
        self.expect_closing(word("end"), word("if"), line)
    }

    fn condition_and_block(&mut self) -> ParseResult {
        self.advance()?;
        self.expression()?;
        self.expect(word("then"))?;
        self.block(false)
    }

    fn loop_body(&mut self, open: Token, line: usize) -> ParseResult {
        self.function().open_block(true);
        self.expect(word("do"))?;
        self.block(false)?;
        self.expect_closing(word("end"), open, line)?;
        self.function().close_block()
    }

    fn for_statement(&mut self, line: usize) -> ParseResult {
        self.advance()?;
        let mut names = vec![self.expect_name()?];
        let is_numeric = self.token == byte(b'=');
        if is_numeric {
            self.advance()?;
            self.expression()?;
            self.expect(byte(b','))?;
            self.expression()?;
            if self.accept(byte(b','))? {
                self.expression()?;
            }
        } else if matches!(self.token, Token::Byte(b',') | Token::Word("in")) {
            while self.accept(byte(b','))? {
                names.push(self.expect_name()?);
            }
            self.expect(word("in"))?;
            self.expression_list()?;
        } else {
            return Err(self.error("'=' or 'in' expected"));
        }
        let declared_at = self.lexer.line;
        self.function().open_block(true);
        let hidden = ["(for first)", "(for second)", "(for third)"].map(|name| name.as_bytes().to_vec());
        self.function().declare(hidden.into(), declared_at)?;
        self.expect(word("do"))?;
        self.function().open_block(false);
        self.function().declare(names, declared_at)?;
        self.block_body()?;
        self.function().close_block()?;
        self.expect_closing(word("end"), word("for"), line)?;
        self.function().close_block()
    }

    fn repeat_statement(&mut self, line: usize) -> ParseResult {
        self.advance()?;
        self.function().open_block(true);
        self.function().open_block(false);
        self.block_body()?;
        self.expect_closing(word("until"), word("repeat"), line)?;
        self.expression()?;
        self.function().close_block()?;
        self.function().close_block()
    }

    fn function_statement(&mut self, line: usize) -> ParseResult {
        self.advance()?;
        let name = self.expect_name()?;
        self.use_variable(&name)?;
        while self.accept(byte(b'.'))? {
            self.expect_name()?;
        }
        let has_self = self.accept(byte(b':'))?;
        if has_self {
            self.expect_name()?;
        }
        self.function_body(has_self, line)
    }

    fn local_statement(&mut self, line: usize) -> ParseResult {
        self.advance()?;
        if self.accept(word("function"))? {
            let name = self.expect_name()?;
            let declared_at = self.lexer.line;
            self.function().declare(vec![name], declared_at)?;
            return self.function_body(false, line);
        }
        let mut names = vec![self.expect_name()?];
        while self.accept(byte(b','))? {
            names.push(self.expect_name()?);
        }
        if self.accept(byte(b'='))? {
            self.expression_list()?;
        }
        let declared_at = self.lexer.line;
        self.function().declare(names, declared_at)
    }

    fn return_statement(&mut self) -> ParseResult {
        self.advance()?;
        match self.is_block_end() || self.token == byte(b';') {
            true => Ok(()),
            false => self.expression_list(),
        }
    }

    /// Parses a run of labels. They are resolved from the last to the first, once it is known whether the block ends behind them.
    fn label_statements(&mut self) -> ParseResult {
        let mut labels = Vec::new();
        while self.token == word("::") || self.token == byte(b';') {
            if self.accept(byte(b';'))? {
                continue;
            }
            self.advance()?;
            let name = self.expect_name()?;
            let line = self.lexer.line;
            self.function().add_label(&name, line)?;
            self.expect(word("::"))?;
            labels.push(name);
        }
        let is_last = self.is_block_end() && self.token != word("until");
        let function = self.function();
        labels
            .iter()
            .rev()
            .try_for_each(|name| function.resolve_label(name, is_last))
    }

    fn expression_statement(&mut self) -> ParseResult {
        let mut expression = self.primary_expression()?;
        if expression == Expression::Call {
            return Ok(());
        }
        loop {
            if expression != Expression::Variable {
                return Err(self.error("syntax error"));
            }
            if !self.accept(byte(b','))? {
                break;
            }
            expression = self.primary_expression()?;
        }
        self.expect(byte(b'='))?;
        self.expression_list()
    }
}
