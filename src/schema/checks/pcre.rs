use pcre2::bytes::RegexBuilder;

/// Compiles a regular expression as nginx does, and says in nginx's words what is wrong with it.
///
/// # Errors
/// `pcre2_compile() failed: WHY in "PATTERN" at "REST"`.
pub(super) fn check_regex(pattern: &str) -> Result<(), String> {
    let Err(error) = RegexBuilder::new().build(pattern) else {
        return Ok(());
    };
    let text = error.to_string();
    let message = text.split_once(": ").map_or(text.as_str(), |(_, rest)| rest);
    let message = message
        .strip_prefix("error compiling pattern at offset ")
        .and_then(|rest| rest.split_once(": "))
        .map_or(message, |(_, message)| message);
    let rest = error.offset().and_then(|at| pattern.get(at..)).unwrap_or_default();
    let place = if rest.is_empty() {
        String::new()
    } else {
        format!(" at \"{rest}\"")
    };
    Err(format!("pcre2_compile() failed: {message} in \"{pattern}\"{place}"))
}

#[cfg(test)]
mod tests {
    use super::check_regex;

    #[test]
    fn errors_are_told_as_nginx_tells_them() {
        for (pattern, text) in [
            ("/a(b", "missing closing parenthesis in \"/a(b\""),
            ("/))1", "unmatched closing parenthesis in \"/))1\" at \"))1\""),
            (
                "/$?[_^",
                "quantifier does not follow a repeatable item in \"/$?[_^\" at \"?[_^\"",
            ),
            ("/]\\", "\\ at end of pattern in \"/]\\\""),
            ("/[[", "missing terminating ] for character class in \"/[[\""),
        ] {
            assert_eq!(check_regex(pattern), Err(format!("pcre2_compile() failed: {text}")));
        }
        for pattern in ["/(?=x)", "/\\K", "/(?<id>\\d+)", ""] {
            assert_eq!(check_regex(pattern), Ok(()));
        }
    }
}
