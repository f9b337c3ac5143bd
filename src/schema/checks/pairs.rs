use super::text::check_header_name;

/// A pair divided by colons: what stands before the first, and what behind those that follow it.
fn split_pair(text: &str) -> Option<(&str, &str)> {
    let end = text.find(':').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then_some((name, rest.trim_start_matches(':')))
}

/// The name of the pair is that of a header.
pub(super) fn check_paired_header(text: &str) -> Result<(), String> {
    check_header(split_pair(text).map(|(name, _)| name))
}

/// The name and the value of the pair are names of headers.
pub(super) fn check_paired_headers(text: &str) -> Result<(), String> {
    let pair = split_pair(text);
    check_header(pair.map(|(name, _)| name))?;
    check_header(pair.map(|(_, value)| value))
}

/// The pair has a value.
pub(super) fn check_pair_with_value(text: &str) -> Result<(), String> {
    match split_pair(text) {
        Some((_, value)) if !value.is_empty() => Ok(()),
        Some((name, _)) => Err(format!("key '{name}' has no value")),
        None => Err("key '' has no value".to_owned()),
    }
}

fn check_header(name: Option<&str>) -> Result<(), String> {
    match name {
        Some(name) if !name.is_empty() && check_header_name(name).is_ok() => Ok(()),
        // what Lua writes for nothing
        name => Err(format!("'{}' is not a valid header", name.unwrap_or("nil"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_looked_at_apart() {
        for good in ["X-A", "X-A:", "X-A:b c", "X-A::b"] {
            assert_eq!(check_paired_header(good), Ok(()), "{good}");
        }
        assert_eq!(
            check_paired_header("a b:c"),
            Err("'a b' is not a valid header".to_owned())
        );
        assert_eq!(check_paired_headers("a:b"), Ok(()));
        assert_eq!(check_paired_headers("a:"), Err("'' is not a valid header".to_owned()));
        assert_eq!(
            check_paired_headers("a:b:c"),
            Err("'b:c' is not a valid header".to_owned())
        );
        assert_eq!(check_pair_with_value("a:b"), Ok(()));
        assert_eq!(check_pair_with_value("a"), Err("key 'a' has no value".to_owned()));
    }
}
