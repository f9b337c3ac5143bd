use super::{OptionValue, Reference};

/// The environment variable that Kong's `env` backend reads for a reference, given the vault's own `prefix` option.
///
/// Dashes of prefix and resource become underscores, all is upper-cased (ASCII), version 2 asks for `…_PREVIOUS`. A
/// `prefix` in the reference's query goes before the vault's; one that is no variable name counts as none.
pub fn variable_name(reference: &Reference, prefix: Option<&str>) -> String {
    let prefix = requested_prefix(reference).unwrap_or_else(|| prefix.unwrap_or_default().to_owned());
    format_variable_name(&prefix, &reference.resource_name(), reference.version == Some(2.0))
}

/// [`variable_name`] once the options of a reference are resolved; `previous` is version 2.
pub fn format_variable_name(prefix: &str, resource: &str, previous: bool) -> String {
    let name = format!("{prefix}{resource}").replace('-', "_").to_ascii_uppercase();
    if previous { format!("{name}_PREVIOUS") } else { name }
}

/// The prefix that the reference itself asks for, empty if what it asks for is none.
fn requested_prefix(reference: &Reference) -> Option<String> {
    let (_, value) = reference.options.as_ref()?.iter().find(|(name, _)| name == b"prefix")?;
    Some(match value {
        OptionValue::Text(text) => std::str::from_utf8(text)
            .ok()
            .filter(|text| is_variable_name(text))
            .unwrap_or_default()
            .to_owned(),
        OptionValue::Flag | OptionValue::List(_) => String::new(),
    })
}

fn is_variable_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.bytes().all(is_allowed) && !text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::parse_reference;
    use super::*;

    #[test]
    fn names_of_variables_follow_kongs_rules() {
        for (reference, prefix, name) in [
            ("{vault://env/my-secret-cert}", None, "MY_SECRET_CERT"),
            ("{vault://env/my-secret-cert}", Some("SSL_"), "SSL_MY_SECRET_CERT"),
            ("{vault://env/rotated#2}", None, "ROTATED_PREVIOUS"),
            ("{vault://env/rotated#3}", None, "ROTATED"),
            ("{vault://env/a?prefix=x-}", Some("Y_"), "X_A"),
            ("{vault://env/a?prefix=9bad}", Some("Y_"), "A"),
            ("{vault://env/a/b/}", None, "A/B"),
        ] {
            assert_eq!(
                variable_name(&parse_reference(reference).expect("a reference"), prefix),
                name,
                "{reference}"
            );
        }
    }
}
