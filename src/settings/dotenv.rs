use std::collections::BTreeMap;

use zeroize::Zeroizing;

use reference::Secret;

/// Reads `NAME=VALUE` lines: blank lines, comments (`#`, after a value only with a space before it), `export`, values in
/// single quotes (as they are) and double quotes (`\n`, `\r`, `\t`, `\"`, `\\` and `\$` are escapes as in shells), both of
/// several lines. Nothing is substituted: `$NAME` is that text. The last of several values of a name holds.
///
/// # Errors
/// The first line that is none of these; never with a part of its value.
pub(crate) fn parse_dotenv(text: &str) -> Result<BTreeMap<String, Secret>, String> {
    let mut variables = BTreeMap::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(variables);
        }
        let line = 1 + text[..text.len() - rest.len()].matches('\n').count();
        rest = if rest.starts_with('#') {
            skip_line(rest)
        } else {
            let (name, value, after) =
                parse_variable(rest).map_err(|error| format!("cannot be read: line {line} {error}"))?;
            variables.insert(name.to_owned(), value);
            after
        };
    }
}

type VariableAndRest<'t> = (&'t str, Secret, &'t str);

/// The variable that a text begins with, and what follows it.
fn parse_variable(text: &str) -> Result<VariableAndRest<'_>, &'static str> {
    let end = text.find(['=', '\n']).filter(|at| text[*at..].starts_with('='));
    let end = end.ok_or("is no NAME=VALUE")?;
    let name = text[..end].trim_end();
    let name = name
        .strip_prefix("export")
        .filter(|rest| rest.starts_with([' ', '\t']))
        .unwrap_or(name);
    let name = name.trim_start();
    if name.is_empty() || name.contains(char::is_whitespace) || name.contains(['"', '\'']) {
        return Err("is no NAME=VALUE");
    }
    let value = text[end + 1..].trim_start_matches([' ', '\t']);
    let (value, after) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => parse_quoted(&value[1..], quote)?,
        _ => parse_unquoted(value),
    };
    Ok((name, value, after))
}

/// A value without quotes: to the end of the line, or to a comment.
fn parse_unquoted(text: &str) -> (Secret, &str) {
    let line = text.lines().next().unwrap_or_default();
    let comment = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| line[..*at].is_empty() || line[..*at].ends_with([' ', '\t']));
    let value = line[..comment.unwrap_or(line.len())].trim_end();
    (Secret::new(value), skip_line(text))
}

/// A value in quotes, without the first.
fn parse_quoted(text: &str, quote: char) -> Result<(Secret, &str), &'static str> {
    let mut value = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte == quote as u8 {
            let rest = text[at + 1..].trim_start_matches([' ', '\t', '\r']);
            let ends = rest.is_empty() || rest.starts_with(['\n', '#']);
            let value = Secret::from(value);
            return if ends {
                Ok((value, skip_line(rest)))
            } else {
                Err("has something after the closing quote")
            };
        }
        if byte != b'\\' || quote == '\'' {
            value.push(byte);
            continue;
        }
        match bytes.next().map(|(_, byte)| byte) {
            Some(b'n') => value.push(b'\n'),
            Some(b'r') => value.push(b'\r'),
            Some(b't') => value.push(b'\t'),
            Some(byte @ (b'"' | b'\\' | b'$' | b'`')) => value.push(byte),
            Some(byte) => value.extend([b'\\', byte]),
            None => break,
        }
    }
    Err("begins a quote that does not end")
}

fn skip_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_pairs(text: &str) -> Vec<(String, String)> {
        let variables = parse_dotenv(text).expect("variables");
        let text = |secret: &Secret| secret.text().expect("text").to_owned();
        variables
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }

    #[test]
    fn quotes_comments_and_lines() {
        for (text, value) in [
            ("A=b", "b"),
            ("A = b c  # comment", "b c"),
            ("export A=b#c", "b#c"),
            ("exported=no\nA=x", "x"),
            ("A=", ""),
            ("A=# nothing", ""),
            ("A=''", ""),
            ("A='b # c'  # d", "b # c"),
            ("A='b\\nc'", "b\\nc"),
            (r#"A="b\n\"c\" \$d \w""#, "b\n\"c\" $d \\w"),
            ("A=\"b\nc = d\n\"\nB=2", "b\nc = d\n"),
            ("A=1\r\nA=2\r\n", "2"),
            ("  \n# c\n\tA={\"k\": \"v\"}", "{\"k\": \"v\"}"),
            ("A=it's", "it's"),
        ] {
            let found = parse_pairs(text)
                .into_iter()
                .find(|(name, _)| name == "A")
                .map(|(_, value)| value);
            assert_eq!(found.as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line_without_its_value() {
        for (text, line) in [
            ("A=1\nhush", "line 2 is no NAME=VALUE"),
            ("\n\nA=\"hush", "line 3 begins a quote"),
            ("A='hush' hush", "line 1 has something after"),
            ("=hush", "line 1 is no NAME=VALUE"),
            ("a hush=b", "line 1 is no NAME=VALUE"),
        ] {
            let error = parse_dotenv(text).expect_err("wrong");
            assert!(error.contains(line) && !error.contains("hush"), "{text}: {error}");
        }
    }
}
