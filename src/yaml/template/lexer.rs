//! The words of a template.

use super::Complaint;

/// A word of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Text in quotes of either kind, escapes resolved.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A name.
    Name(String),
    /// `|`
    Pipe,
    /// `(`
    Open,
    /// `)`
    Close,
}

/// Splits what stands between the braces into words.
pub(super) fn words(inner: &str) -> Result<Vec<Word>, Complaint> {
    let mut rest = inner.trim();
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (word, length) = match first {
            '|' => (Word::Pipe, 1),
            '(' => (Word::Open, 1),
            ')' => (Word::Close, 1),
            '`' => raw(rest)?,
            '"' => quoted(rest)?,
            '\'' => return Err(Complaint::SingleQuotes),
            '/' if rest.starts_with("/*") => return Err(Complaint::Comment),
            '$' | '.' | ':' | '=' => return Err(Complaint::Variable),
            '0'..='9' | '-' | '+' => number(rest)?,
            _ if first.is_alphabetic() || first == '_' => name(rest),
            _ => return Err(Complaint::Unreadable),
        };
        found.push(word);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

fn raw(rest: &str) -> Result<(Word, usize), Complaint> {
    let end = rest[1..].find('`').ok_or(Complaint::OpenQuote)?;
    Ok((Word::Text(rest[1..=end].to_owned()), end + 2))
}

fn quoted(rest: &str) -> Result<(Word, usize), Complaint> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Word::Text(text), at + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, escaped @ ('"' | '\\' | '\''))) => text.push(escaped),
                _ => return Err(Complaint::Unreadable),
            },
            _ => text.push(c),
        }
    }
    Err(Complaint::OpenQuote)
}

fn number(rest: &str) -> Result<(Word, usize), Complaint> {
    let length = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '|' | '(' | ')'))
        .unwrap_or(rest.len());
    let value = rest[..length].parse().map_err(|_| Complaint::Unreadable)?;
    Ok((Word::Number(value), length))
}

fn name(rest: &str) -> (Word, usize) {
    let length = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    (Word::Name(rest[..length].to_owned()), length)
}
