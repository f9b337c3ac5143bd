//! `$NAME` and `${NAME}`: what people write for envsubst.

/// What looks like a variable of a shell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mentioned {
    /// Its name.
    Name(String),
    /// `${NAME:-default}` and its like, which envsubst does not fill in.
    WithOperator,
}

/// The variable that a text begins with, and its length. The text begins with `$`.
///
/// Without braces it needs two characters, all of them capital letters, digits or `_`: `$host`, `$1`, `$(headers.x)`, the
/// `$` of a regex and the parts of a password hash are none.
pub(super) fn at(rest: &str) -> Option<(usize, Mentioned)> {
    match rest.strip_prefix("${") {
        Some(inner) => braced(inner),
        None => bare(&rest[1..]),
    }
}

/// How much of a text that begins with `$` and no variable is to be passed over: a `$$`, a whole password hash
/// (`$id$…`), else the sign.
pub(super) fn foreign_length(rest: &str) -> usize {
    let id = rest[1..]
        .find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')
        .unwrap_or(0);
    match rest[1 + id..].starts_with('$') {
        true => rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
            .unwrap_or(rest.len()),
        false => 1,
    }
}

fn braced(inner: &str) -> Option<(usize, Mentioned)> {
    let name = &inner[..name_length(inner)];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let after = &inner[name.len()..];
    match after.chars().next()? {
        '}' => Some((name.len() + 3, Mentioned::Name(name.to_owned()))),
        ':' | '-' | '=' | '?' | '+' => {
            let line = &after[..after.find('\n').unwrap_or(after.len())];
            let end = line.find('}')?;
            Some((name.len() + end + 3, Mentioned::WithOperator))
        }
        _ => None,
    }
}

fn bare(inner: &str) -> Option<(usize, Mentioned)> {
    let name = &inner[..name_length(inner)];
    let spelled = name
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let begun = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let lettered = name.bytes().any(|byte| byte.is_ascii_uppercase());
    (name.len() > 1 && spelled && begun && lettered).then(|| (name.len() + 1, Mentioned::Name(name.to_owned())))
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_variables() {
        for (text, name) in [
            ("$HOST/x", "HOST"),
            ("${HOST}:80", "HOST"),
            ("${host}", "host"),
            ("$A_1", "A_1"),
            ("${X}", "X"),
        ] {
            assert_eq!(
                at(text).map(|(_, found)| found),
                Some(Mentioned::Name(name.into())),
                "{text}"
            );
        }
        assert_eq!(at("${HOST:-localhost}"), Some((18, Mentioned::WithOperator)));
    }

    #[test]
    fn takes_nothing_else_for_a_variable() {
        for text in [
            "$",
            "$1",
            "$host",
            "$(headers.X)",
            "$)",
            "$|^/a",
            "$2y$10$N9qo8uLOickgx2",
            "$argon2id$v=19",
            "${",
            "${}",
            "${1}",
            "${a.b}",
            "$Name",
            "$X",
            "${a b}",
            "$__",
            "$_1",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn passes_over_hashes_as_a_whole() {
        assert_eq!(foreign_length("$5$SALT$HASH\n"), 12);
        assert_eq!(foreign_length("$argon2id$v=19$m=1$AAAA'"), 23);
        assert_eq!(foreign_length("$$HOST x"), 6);
        assert_eq!(foreign_length("$|$HOST"), 1);
        assert_eq!(foreign_length("$"), 1);
    }
}
