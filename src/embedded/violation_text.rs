use json::Value;
use schema::SchemaViolations;

/// Violations in one sentence, as Kong words them: two levels by path, and what lies deeper as a Lua table.
pub(super) fn format_violations(violations: &SchemaViolations) -> String {
    let mut parts = Vec::new();
    for (name, value) in &violations.0 {
        match value {
            Value::Array(messages) if name == "@entity" => parts.extend(messages.iter().map(format_message)),
            Value::String(message) => parts.push(format!("{name}: {message}")),
            deeper => parts.extend(
                numbered_members(deeper).map(|(member, value)| format!("{name}.{member}: {}", format_message(value))),
            ),
        }
    }
    match parts.as_slice() {
        [one] => format!("schema violation ({one})"),
        several => format!("{} schema violations ({})", several.len(), several.join("; ")),
    }
}

fn format_message(value: &Value) -> String {
    match value {
        Value::String(message) => message.clone(),
        deeper => format_lua_table(deeper, 0),
    }
}

/// The members of a record or list with their names; lists count from 1.
fn numbered_members(value: &Value) -> Box<dyn Iterator<Item = (String, &Value)> + '_> {
    match value {
        Value::Object(members) => Box::new(members.iter().map(|(name, value)| (name.to_owned(), value))),
        Value::Array(members) => Box::new(
            members
                .iter()
                .enumerate()
                .filter(|(_, value)| !value.is_null())
                .map(|(at, value)| ((at + 1).to_string(), value)),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

/// A value as the text of a Lua table.
fn format_lua_table(value: &Value, depth: usize) -> String {
    let lines: Vec<String> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{} = {}", format_lua_key(name), format_lua_table(value, depth + 1)))
            .collect(),
        Value::Array(values) => {
            let whole = values.iter().take_while(|value| !value.is_null()).count();
            numbered_members(value)
                .enumerate()
                .map(|(at, (place, value))| match format_lua_table(value, depth + 1) {
                    text if at < whole => text,
                    text => format!("[{place}] = {text}"),
                })
                .collect()
        }
        Value::String(text) => return format_lua_string(text),
        other => return other.to_string(),
    };
    let indent = "  ".repeat(depth + 1);
    let lines: Vec<_> = lines.iter().map(|line| format!("{indent}{line}")).collect();
    format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(depth))
}

fn format_lua_key(name: &str) -> String {
    const KEYWORDS: [&str; 22] = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
        "not", "or", "repeat", "return", "then", "true", "until", "while",
    ];
    let mut characters = name.chars();
    let starts = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if starts && characters.all(|c| c.is_ascii_alphanumeric() || c == '_') && !KEYWORDS.contains(&name) {
        name.to_owned()
    } else {
        format!("[{}]", format_lua_string(name))
    }
}

fn format_lua_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use json::json;

    fn text(fields: Value) -> String {
        format_violations(&SchemaViolations(fields.as_object().cloned().unwrap_or_default()))
    }

    #[test]
    fn two_levels_are_paths_and_deeper_ones_tables() {
        assert_eq!(
            text(json!({"config": {"bogus": "unknown field"}, "prefix": "invalid value: B"})),
            "2 schema violations (config.bogus: unknown field; prefix: invalid value: B)"
        );
        assert_eq!(
            text(json!({"h": {"active": {"unhealthy": {"unknown": "unknown field"}}}})),
            "schema violation (h.active: {\n  unhealthy = {\n    unknown = \"unknown field\"\n  }\n})"
        );
        assert_eq!(
            text(json!({"s": [null, {"@entity": ["one of 'ip'"]}]})),
            "schema violation (s.2: {\n  [\"@entity\"] = {\n    \"one of 'ip'\"\n  }\n})"
        );
    }
}
