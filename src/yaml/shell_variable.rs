//! `$NAME` and `${NAME}`, as people write them for envsubst.

/// What looks like a variable of a shell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ShellVariable {
    /// Its name.
    Plain(String),
    /// `${NAME:-default}` and its like, which envsubst does not fill in.
    WithOperator,
}

/// The variable that a text begins with, and its length. The text begins with `$`.
///
/// Without braces it needs two characters, all of them capital letters, digits or `_`: `$host`, `$1`, `$(headers.x)`, the
/// `$` of a regex and the parts of a password hash are none.
pub(super) fn match_variable(rest: &str) -> Option<(usize, ShellVariable)> {
    match rest.strip_prefix("${") {
        Some(inner) => match_braced(inner),
        None => match_bare(&rest[1..]),
    }
}

/// How much of a text that begins with `$` and no variable is to be passed over: a `$$`, a whole password hash
/// (`$id$…`), else the sign.
pub(super) fn non_variable_length(rest: &str) -> usize {
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

fn match_braced(inner: &str) -> Option<(usize, ShellVariable)> {
    let name = &inner[..name_length(inner)];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let after = &inner[name.len()..];
    match after.chars().next()? {
        '}' => Some((name.len() + 3, ShellVariable::Plain(name.to_owned()))),
        ':' | '-' | '=' | '?' | '+' => {
            let line = &after[..after.find('\n').unwrap_or(after.len())];
            let end = line.find('}')?;
            Some((name.len() + end + 3, ShellVariable::WithOperator))
        }
        _ => None,
    }
}

fn match_bare(inner: &str) -> Option<(usize, ShellVariable)> {
    let name = &inner[..name_length(inner)];
    let is_spelled = name
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let begins_well = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let has_letter = name.bytes().any(|byte| byte.is_ascii_uppercase());
    (name.len() > 1 && is_spelled && begins_well && has_letter)
        .then(|| (name.len() + 1, ShellVariable::Plain(name.to_owned())))
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
                match_variable(text).map(|(_, found)| found),
                Some(ShellVariable::Plain(name.into())),
                "{text}"
            );
        }
        assert_eq!(
            match_variable("${HOST:-localhost}"),
            Some((18, ShellVariable::WithOperator))
        );
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
            assert_eq!(match_variable(text), None, "{text}");
        }
    }

    #[test]
    fn passes_over_hashes_as_a_whole() {
        assert_eq!(non_variable_length("$5$SALT$HASH\n"), 12);
        assert_eq!(non_variable_length("$argon2id$v=19$m=1$AAAA'"), 23);
        assert_eq!(non_variable_length("$$HOST x"), 6);
        assert_eq!(non_variable_length("$|$HOST"), 1);
        assert_eq!(non_variable_length("$"), 1);
    }
}
