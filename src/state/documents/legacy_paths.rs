/// Migrates a route's path of formats 1.1 and 2.1 to what it means since Kong 3.0, as a node without a database does.
///
/// Until 3.0 a path was a regular expression when it held anything but letters, digits and `.-_~/%`; since then only when it
/// begins with `~`. Both forms are normalized as Kong 3 demands: percent-encodings are decoded
/// unless they stand for a reserved character (or, in a regular expression, escaped where they stand for one of its own),
/// and in a plain path `.`, `..` and empty segments are resolved. Recorded from Kong 3.9.1, 211 paths.
///
/// # Errors
/// A path that begins with `~`: in the old formats that was no sign of a regular expression.
pub(super) fn migrate_path(path: &str) -> Result<String, TildePathError> {
    if path.starts_with('~') {
        return Err(TildePathError);
    }
    Ok(if path.bytes().all(is_plain_byte) {
        normalize_segments(&decode_percent(path, false))
    } else {
        format!("~{}", decode_percent(path, true))
    })
}

/// A path of an old format begins with `~`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TildePathError;

fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_~/%".contains(&byte)
}

/// Decodes percent-encodings; what is none stays as it is.
fn decode_percent(path: &str, regex: bool) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match percent_encoded_byte(&bytes[at..]) {
            Some(byte) if b"!#$%&'()*+,/:;=?@[]".contains(&byte) => {
                out.extend(format!("%{byte:02X}").into_bytes());
                at += 3;
            }
            Some(byte) => {
                if regex && b".^-{}\\|".contains(&byte) {
                    out.push(b'\\');
                }
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| path.to_owned())
}

fn percent_encoded_byte(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Resolves `.`, `..` and empty segments.
fn normalize_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let mut normalized = path
        .chars()
        .take_while(|letter| *letter == '/')
        .take(1)
        .collect::<String>();
    normalized.push_str(&kept.join("/"));
    let ends_open = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    if ends_open && !kept.is_empty() {
        normalized.push('/');
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;
    use json::Value;

    /// Every path that Kong stored from a file of format 1.1 comes out as Kong stored it. What Kong refused is refused
    /// here or by the checks of the stored form.
    #[test]
    fn agrees_with_every_recorded_path() {
        let rows = include_str!("../../../fixtures/declarative/route_paths.jsonl");
        let mut compared = 0;
        for row in rows
            .lines()
            .map(|row| serde_json::from_str::<Value>(row).expect("a recorded row"))
        {
            if row["format_version"] != "1.1" {
                continue;
            }
            let path = row["path"].as_str().expect("a path");
            let ours = migrate_path(path);
            if let Some(stored) = row["stored"].as_str() {
                assert_eq!(ours, Ok(stored.to_owned()), "{path}");
            } else if let Some(pattern) = refused_pattern(&row) {
                assert_eq!(ours, Ok(format!("~{pattern}")), "{path}");
            }
            compared += 1;
        }
        assert_eq!(compared, 208);
    }

    /// The regular expression that Kong names when it refuses one: what it made of the path.
    fn refused_pattern(row: &Value) -> Option<String> {
        let error = row["error"].as_str()?.strip_prefix("invalid regex: '")?;
        Some(error.split_once("' (PCRE")?.0.to_owned())
    }

    #[test]
    fn a_tilde_was_no_sign_of_a_regular_expression() {
        assert_eq!(migrate_path("~/a"), Err(TildePathError));
    }
}
