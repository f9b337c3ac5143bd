use super::pcre;

/// The path of a URL: characters of RFC 3986 and whole percent escapes.
pub(super) fn check_url_path(text: &str) -> Result<(), String> {
    if !has_only_path_characters(text) {
        return Err(format!(
            "invalid path: '{text}' (characters outside of the reserved list of RFC 3986 found)"
        ));
    }
    check_escapes(text)
}

/// A path of a route: a prefix in its normal form, or `~` and a regular expression.
///
/// Escapes are looked at in paths that are otherwise as [`path`] wants them.
pub(super) fn check_route_path(text: &str) -> Result<(), String> {
    if let Some(regex) = text.strip_prefix('~') {
        return pcre::check_regex(regex).map_err(|error| format!("invalid regex: '{regex}' (PCRE returned: {error})"));
    }
    if has_only_path_characters(text) {
        check_escapes(text)?;
    }
    let normal = normalize_path(text);
    if normal == text {
        return Ok(());
    }
    Err(format!("non-normalized path, consider use '{normal}' instead"))
}

fn has_only_path_characters(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~/%:@!$&'()*+,;=".contains(&byte);
    text.starts_with('/') && text.bytes().all(allowed)
}

/// Whether every `%` starts an escape of two hex digits. Whole escapes show as `___` in what Kong says of another.
fn check_escapes(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let mut bare = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if decode_escape(&bytes[at..]).is_some() {
            bare.extend(b"___");
            at += 3;
        } else {
            bare.push(bytes[at]);
            at += 1;
        }
    }
    let Some(start) = bare.iter().position(|byte| *byte == b'%') else {
        return Ok(());
    };
    let shown = &bare[start..bare.len().min(start + 3)];
    Err(format!(
        "invalid url-encoded value: '{}'",
        String::from_utf8_lossy(shown)
    ))
}

/// The form in which a prefix path is compared: escapes of unreserved characters undone, others in capitals, dot
/// segments resolved, slashes merged.
pub(super) fn normalize_path(path: &str) -> String {
    remove_dot_segments(&normalize_escapes(path))
}

fn normalize_escapes(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match decode_escape(&bytes[at..]) {
            Some(byte) if is_reserved(byte) => {
                plain.extend(format!("%{byte:02X}").bytes());
                at += 3;
            }
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn decode_escape(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(*high)? * 16 + digit(*low)?) as u8)
}

/// The reserved characters of RFC 3986, and the escape itself.
fn is_reserved(byte: u8) -> bool {
    b"!#$%&'()*+,/:;=?@[]".contains(&byte)
}

fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').collect();
    let last = segments.len() - 1;
    for (at, segment) in segments.into_iter().enumerate() {
        match segment {
            "." | ".." | "" => {
                if segment == ".." {
                    kept.pop();
                }
                if at == last && at != 0 {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    let joined = kept.join("/");
    if path.starts_with('/') {
        format!("/{joined}")
    } else {
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_have_one_form() {
        for (path, normal) in [
            ("/", "/"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("/%41", "/A"),
            ("/a%2fb", "/a%2Fb"),
            ("/a/../b", "/b"),
            ("/a/./b", "/a/b"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/..", "/"),
            ("/a b", "/a b"),
            ("/%zz", "/%zz"),
            ("/a%7C", "/a|"),
        ] {
            assert_eq!(normalize_path(path), normal, "{path}");
        }
    }

    #[test]
    fn escapes_are_whole() {
        assert_eq!(check_escapes("/%4"), Err("invalid url-encoded value: '%4'".to_owned()));
        assert_eq!(check_escapes("/%"), Err("invalid url-encoded value: '%'".to_owned()));
        assert_eq!(
            check_escapes("/%zz9"),
            Err("invalid url-encoded value: '%zz'".to_owned())
        );
        assert_eq!(
            check_escapes("/%25%%41"),
            Err("invalid url-encoded value: '%__'".to_owned())
        );
        assert!(check_escapes("/%41").is_ok());
    }
}
