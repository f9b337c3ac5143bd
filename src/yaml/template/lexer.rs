use super::TemplateError;

/// A token of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TemplateToken {
    /// Text in quotes of either kind, escapes resolved.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A name.
    Name(String),
    /// `|`
    Pipe,
    /// `(`
    OpenParenthesis,
    /// `)`
    CloseParenthesis,
}

/// Splits what stands between the braces into tokens.
pub(super) fn tokenize(inner: &str) -> Result<Vec<TemplateToken>, TemplateError> {
    let mut rest = inner.trim();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '|' => (TemplateToken::Pipe, 1),
            '(' => (TemplateToken::OpenParenthesis, 1),
            ')' => (TemplateToken::CloseParenthesis, 1),
            '`' => lex_raw_string(rest)?,
            '"' => lex_quoted_string(rest)?,
            '\'' => return Err(TemplateError::SingleQuotes),
            '/' if rest.starts_with("/*") => return Err(TemplateError::Comment),
            '$' | '.' | ':' | '=' => return Err(TemplateError::Variable),
            '0'..='9' | '-' | '+' => lex_number(rest)?,
            _ if first.is_alphabetic() || first == '_' => lex_name(rest),
            _ => return Err(TemplateError::Unreadable),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn lex_raw_string(rest: &str) -> Result<(TemplateToken, usize), TemplateError> {
    let end = rest[1..].find('`').ok_or(TemplateError::UnclosedQuote)?;
    Ok((TemplateToken::Text(rest[1..=end].to_owned()), end + 2))
}

fn lex_quoted_string(rest: &str) -> Result<(TemplateToken, usize), TemplateError> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((TemplateToken::Text(text), at + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, escaped @ ('"' | '\\' | '\''))) => text.push(escaped),
                _ => return Err(TemplateError::Unreadable),
            },
            _ => text.push(c),
        }
    }
    Err(TemplateError::UnclosedQuote)
}

fn lex_number(rest: &str) -> Result<(TemplateToken, usize), TemplateError> {
    let length = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '|' | '(' | ')'))
        .unwrap_or(rest.len());
    let value = rest[..length].parse().map_err(|_| TemplateError::Unreadable)?;
    Ok((TemplateToken::Number(value), length))
}

fn lex_name(rest: &str) -> (TemplateToken, usize) {
    let length = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    (TemplateToken::Name(rest[..length].to_owned()), length)
}
