/// The properties of a kong.conf, in their order: `name = value` on a line, `#` begins a comment unless it is written `\#`.
pub fn parse_properties(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter_map(|line| {
        let line = strip_comment(line);
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    });
    lines
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .collect()
}

fn strip_comment(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('#') {
        match rest[..at].strip_suffix('\\') {
            Some(before) => {
                kept.push_str(before);
                kept.push('#');
                rest = &rest[at + 1..];
            }
            None => {
                kept.push_str(&rest[..at]);
                return kept;
            }
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_escaped_octothorpes_stay() {
        let text =
            "# all\nvault_hcv_host = vault.corp # the host\n\nvault_hcv_token={vault://env/t\\#2}\nempty =\nnothing\n";
        let properties = parse_properties(text);
        let properties: Vec<(&str, &str)> = properties
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            properties,
            [
                ("vault_hcv_host", "vault.corp"),
                ("vault_hcv_token", "{vault://env/t#2}")
            ]
        );
    }
}
