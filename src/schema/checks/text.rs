/// A name of letters, digits, `.`, `-`, `_`, `~`, and anything beyond ASCII.
pub(super) fn check_utf8_name(text: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) || !byte.is_ascii();
    if text.bytes().all(allowed) {
        return Ok(());
    }
    Err(format!(
        "invalid value '{text}': the only accepted ascii characters are alphanumerics or ., -, _, and ~"
    ))
}

/// A tag: printable, without the two characters that queries join tags with.
pub(super) fn check_tag_characters(text: &str) -> Result<(), String> {
    let refused = |byte: u8| byte.is_ascii_control() || byte == b',' || byte == b'/';
    if !text.bytes().any(refused) {
        return Ok(());
    }
    Err(format!(
        "invalid tag '{text}': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"
    ))
}

/// The name of an HTTP header.
pub(super) fn check_header_name(text: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if text.bytes().all(allowed) {
        return Ok(());
    }
    Err(format!(
        "bad header name '{text}', allowed characters are A-Z, a-z, 0-9, '_', and '-'"
    ))
}

/// The name of a cookie.
pub(super) fn check_cookie_name(text: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/?={}[]".contains(&byte);
    if text.bytes().all(allowed) {
        return Ok(());
    }
    Err(
        "contains one or more invalid characters. ASCII control characters (0-31;127), space, tab and the \
         characters ()<>@,;:\\\"/?={}[] are not allowed."
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_takes_its_own_characters() {
        assert!(check_utf8_name("é.b-c_d~e").is_ok());
        assert!(check_utf8_name("a b").is_err());
        assert!(check_tag_characters(" é{x").is_ok());
        for bad in ["a,b", "a/b", "\n", "\u{7f}"] {
            assert!(check_tag_characters(bad).is_err(), "{bad:?}");
        }
        assert!(check_header_name("X-a_1").is_ok());
        assert!(check_header_name("X a").is_err());
        assert!(check_cookie_name("a.b").is_ok());
        assert!(check_cookie_name("é").is_err());
    }
}
