//! The tokens of LuaJIT's dialect of Lua 5.1.

use super::LuaError;

/// What the parser looks at. Names, texts and numbers keep their text in [`Lexer::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Eof,
    Name,
    String,
    Number,
    /// A keyword or an operator of several characters.
    Word(&'static str),
    /// Any other byte stands for itself.
    Byte(u8),
}

const KEYWORDS: [&str; 22] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// Operators of several characters, the longest first.
const OPERATORS: [&str; 7] = ["...", "..", "==", ">=", "<=", "~=", "::"];

impl Token {
    /// How messages name it where its own text is not at hand.
    pub(super) fn label(self) -> String {
        match self {
            Self::Eof => "<eof>".to_owned(),
            Self::Name => "<name>".to_owned(),
            Self::String => "<string>".to_owned(),
            Self::Number => "<number>".to_owned(),
            Self::Word(word) => word.to_owned(),
            Self::Byte(byte) if byte.is_ascii_control() => format!("char({byte})"),
            Self::Byte(byte) => char::from(byte).to_string(),
        }
    }
}

/// Reads tokens from a chunk, one after another.
pub(super) struct Lexer<'s> {
    source: &'s [u8],
    position: usize,
    /// The line that has been reached.
    pub(super) line: usize,
    /// The text of the last name, string (with its quotes, escapes resolved) or number.
    pub(super) text: Vec<u8>,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let bytes = source.strip_prefix('\u{feff}').unwrap_or(source).as_bytes();
        let is_script = bytes.first() == Some(&b'#');
        let first_line = bytes.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
        Self {
            source: bytes,
            position: if is_script { first_line } else { 0 },
            line: 1,
            text: Vec::new(),
        }
    }

    /// The next token.
    ///
    /// # Errors
    /// No token begins here, or one does not end.
    pub(super) fn next_token(&mut self) -> Result<Token, LuaError> {
        self.text.clear();
        loop {
            let Some(byte) = self.peek() else { return Ok(Token::Eof) };
            match byte {
                b'\n' | b'\r' => self.skip_line_end(),
                b' ' | b'\t' | 0x0b | 0x0c => self.position += 1,
                b'-' if self.rest().starts_with(b"--") => self.skip_comment()?,
                b'[' if self.long_bracket_level().is_some() => return self.long_bracket("string"),
                b'[' if self.rest().get(1) == Some(&b'=') => return Err(self.bad_delimiter()),
                b'"' | b'\'' => return self.quoted(byte),
                b'0'..=b'9' => return self.number(),
                b'.' if self.rest().get(1).is_some_and(u8::is_ascii_digit) => return self.number(),
                _ if is_name_byte(byte) => return Ok(self.name()),
                _ => return Ok(self.operator(byte)),
            }
        }
    }

    fn rest(&self) -> &'s [u8] {
        &self.source[self.position.min(self.source.len())..]
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn take_into_text(&mut self) {
        self.text.extend(self.peek());
        self.position += 1;
    }

    /// `\r\n` and `\n\r` are one line end.
    fn skip_line_end(&mut self) {
        let rest = self.rest();
        let is_pair = rest.len() > 1 && matches!(rest[1], b'\n' | b'\r') && rest[0] != rest[1];
        self.position += if is_pair { 2 } else { 1 };
        self.line += 1;
    }

    fn skip_comment(&mut self) -> Result<(), LuaError> {
        self.position += 2;
        if self.peek() == Some(b'[') && self.long_bracket_level().is_some() {
            self.long_bracket("comment")?;
            self.text.clear();
            return Ok(());
        }
        while self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
            self.position += 1;
        }
        Ok(())
    }

    /// How many `=` stand between two opening brackets.
    fn long_bracket_level(&self) -> Option<usize> {
        let rest = self.rest().get(1..)?;
        let level = rest.iter().take_while(|byte| **byte == b'=').count();
        (rest.get(level) == Some(&b'[')).then_some(level)
    }

    fn bad_delimiter(&mut self) -> LuaError {
        self.take_into_text();
        while self.peek() == Some(b'=') {
            self.take_into_text();
        }
        self.error_at_text("invalid long string delimiter")
    }

    fn long_bracket(&mut self, what: &str) -> Result<Token, LuaError> {
        let level = self.long_bracket_level().unwrap_or_default();
        let close = [b"]".as_slice(), &vec![b'='; level], b"]"].concat();
        for _ in 0..level + 2 {
            self.take_into_text();
        }
        loop {
            match self.peek() {
                None => return Err(self.error_near(&format!("unfinished long {what}"), "<eof>")),
                Some(b']') if self.rest().starts_with(&close) => {
                    self.text.extend(&close);
                    self.position += close.len();
                    return Ok(Token::String);
                }
                Some(b'\n' | b'\r') => {
                    self.skip_line_end();
                    self.text.push(b'\n');
                }
                Some(_) => self.take_into_text(),
            }
        }
    }

    fn quoted(&mut self, quote: u8) -> Result<Token, LuaError> {
        self.take_into_text();
        loop {
            match self.peek() {
                None => return Err(self.error_near("unfinished string", "<eof>")),
                Some(b'\n' | b'\r') => return Err(self.error_at_text("unfinished string")),
                Some(b'\\') => self.escape()?,
                Some(byte) => {
                    self.take_into_text();
                    if byte == quote {
                        return Ok(Token::String);
                    }
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), LuaError> {
        self.position += 1;
        let Some(byte) = self.peek() else { return Ok(()) };
        let plain = match byte {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\\' | b'"' | b'\'' => byte,
            b'x' => return self.hex_escape(),
            b'u' => return self.unicode_escape(),
            b'z' => return self.skip_space_after_z(),
            b'\n' | b'\r' => {
                self.skip_line_end();
                self.text.push(b'\n');
                return Ok(());
            }
            b'0'..=b'9' => return self.decimal_escape(),
            _ => return Err(self.error_at_text("invalid escape sequence")),
        };
        self.position += 1;
        self.text.push(plain);
        Ok(())
    }

    fn decimal_escape(&mut self) -> Result<(), LuaError> {
        let digits = self
            .rest()
            .iter()
            .take(3)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let value = self.rest()[..digits]
            .iter()
            .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
        let byte = u8::try_from(value).map_err(|_| self.error_at_text("invalid escape sequence"))?;
        self.position += digits;
        self.text.push(byte);
        Ok(())
    }

    fn hex_escape(&mut self) -> Result<(), LuaError> {
        let digits = self.rest().get(1..3).and_then(|digits| str::from_utf8(digits).ok());
        let is_hex = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let value = digits
            .filter(|_| is_hex)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let byte = value.ok_or_else(|| self.error_at_text("invalid escape sequence"))?;
        self.position += 3;
        self.text.push(byte);
        Ok(())
    }

    fn unicode_escape(&mut self) -> Result<(), LuaError> {
        let rest = self.rest();
        let end = rest.iter().position(|byte| *byte == b'}');
        let digits = end
            .and_then(|end| rest.get(2..end))
            .filter(|_| rest.get(1) == Some(&b'{'));
        let digits = digits.and_then(|digits| str::from_utf8(digits).ok());
        let is_hex = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let value = digits
            .filter(|_| is_hex)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let possible = value.filter(|value| *value < 0x11_0000 && !(0xd800..0xe000).contains(value));
        let character = possible
            .and_then(char::from_u32)
            .ok_or_else(|| self.error_at_text("invalid escape sequence"))?;
        self.position += end.unwrap_or_default() + 1;
        self.text.extend(character.encode_utf8(&mut [0; 4]).bytes());
        Ok(())
    }

    fn skip_space_after_z(&mut self) -> Result<(), LuaError> {
        self.position += 1;
        loop {
            match self.peek() {
                Some(b'\n' | b'\r') => self.skip_line_end(),
                Some(b' ' | b'\t' | 0x0b | 0x0c) => self.position += 1,
                _ => return Ok(()),
            }
        }
    }

    fn number(&mut self) -> Result<Token, LuaError> {
        let is_hex = self.rest().get(1).is_some_and(|byte| byte | 0x20 == b'x') && self.peek() == Some(b'0');
        let exponent = if is_hex { b'p' } else { b'e' };
        let mut last = 0;
        while let Some(byte) = self.peek() {
            let is_sign = matches!(byte, b'+' | b'-') && last | 0x20 == exponent;
            if !is_name_byte(byte) && !byte.is_ascii_digit() && byte != b'.' && !is_sign {
                break;
            }
            last = byte;
            self.take_into_text();
        }
        match is_number(&self.text) {
            true => Ok(Token::Number),
            false => Err(self.error_at_text("malformed number")),
        }
    }

    fn name(&mut self) -> Token {
        while self
            .peek()
            .is_some_and(|byte| is_name_byte(byte) || byte.is_ascii_digit())
        {
            self.take_into_text();
        }
        let keyword = KEYWORDS.iter().find(|keyword| keyword.as_bytes() == self.text);
        keyword.map_or(Token::Name, |keyword| Token::Word(keyword))
    }

    fn operator(&mut self, byte: u8) -> Token {
        let operator = OPERATORS
            .iter()
            .find(|operator| self.rest().starts_with(operator.as_bytes()));
        self.position += operator.map_or(1, |operator| operator.len());
        operator.map_or(Token::Byte(byte), |operator| Token::Word(operator))
    }

    /// An error about the token whose text has been read so far.
    fn error_at_text(&self, message: &str) -> LuaError {
        self.error_near(message, &String::from_utf8_lossy(&self.text))
    }

    fn error_near(&self, message: &str, near: &str) -> LuaError {
        LuaError::near(self.line, message, near)
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Whether a text is a number of LuaJIT's: decimal, hexadecimal or binary; whole ones of 64 bits (`LL`, `ULL`), imaginary
/// ones (`i`).
fn is_number(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let whole = |suffix: &[u8]| matches!(suffix, b"" | b"i" | b"ll" | b"ull");
    if let Some(bits) = lower.strip_prefix(b"0b") {
        let digits = bits.iter().take_while(|byte| matches!(byte, b'0' | b'1')).count();
        return digits > 0 && whole(&bits[digits..]);
    }
    let hex = lower.strip_prefix(b"0x");
    let is_digit = |byte: &u8| {
        if hex.is_some() {
            byte.is_ascii_hexdigit()
        } else {
            byte.is_ascii_digit()
        }
    };
    let body = hex.unwrap_or(&lower);
    let before = body.iter().take_while(|byte| is_digit(byte)).count();
    let point = usize::from(body.get(before) == Some(&b'.'));
    let after = body[before + point..].iter().take_while(|byte| is_digit(byte)).count() * point;
    if before + after == 0 {
        return false;
    }
    let rest = &body[before + point + after..];
    let mark = if hex.is_some() { b'p' } else { b'e' };
    let Some(exponent) = rest.strip_prefix(&[mark]) else {
        return whole(rest) && (point == 0 || matches!(rest, b"" | b"i"));
    };
    let unsigned = exponent
        .strip_prefix(b"-")
        .or(exponent.strip_prefix(b"+"))
        .unwrap_or(exponent);
    let digits = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && matches!(&unsigned[digits..], b"" | b"i")
}
