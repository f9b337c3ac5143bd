use super::field_view::FieldView;
use super::lua_pattern::LuaPattern;
use super::pcre;
use json::Value;

/// The rules of a field besides its type, in Kong's order; the first violation is reported.
const VALIDATORS: [(&str, FieldValidator); 19] = [
    ("eq", eq),
    ("ne", ne),
    ("not_one_of", not_one_of),
    ("one_of", one_of),
    ("timestamp", timestamp),
    ("uuid", uuid),
    ("is_regex", is_regex),
    ("between", between),
    ("gt", gt),
    ("len_eq", len_eq),
    ("len_min", len_min),
    ("len_max", len_max),
    ("starts_with", starts_with),
    ("not_match", not_match),
    ("match_none", match_none),
    ("match", matches),
    ("match_all", match_all),
    ("match_any", match_any),
    ("contains", contains),
];

type FieldValidator = fn(&Value, &Value) -> Result<(), String>;

/// Says which rule a value of the right type breaks.
pub(super) fn find_violation(view: FieldView<'_>, value: &Value) -> Option<String> {
    VALIDATORS
        .iter()
        .find_map(|(name, check)| match *name {
            "len_min" => {
                let least = Value::from(view.min_length()?);
                check(value, &least).err()
            }
            _ => check(value, view.rule(name)?).err(),
        })
        .or_else(|| mutually_exclusive_subsets(value, view.rule("mutually_exclusive_subsets")?).err())
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// A value as Lua writes it.
pub(super) fn to_lua_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        Value::Number(number) => format_lua_number(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

fn format_lua_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e14 {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

/// Whether two JSON values are equal in Lua, which has one type of numbers.
pub(super) fn lua_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

fn array_members(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn join_texts(values: &Value) -> String {
    let texts: Vec<String> = array_members(values).iter().map(to_lua_text).collect();
    texts.join(", ")
}

fn contains_value(values: &Value, expected: &Value) -> bool {
    array_members(values).iter().any(|value| lua_equal(value, expected))
}

fn eq(value: &Value, expected: &Value) -> Result<(), String> {
    ensure(lua_equal(value, expected), || {
        format!("value must be {}", to_lua_text(expected))
    })
}

fn ne(value: &Value, refused: &Value) -> Result<(), String> {
    ensure(!lua_equal(value, refused), || {
        format!("value must not be {}", to_lua_text(refused))
    })
}

fn one_of(value: &Value, choice: &Value) -> Result<(), String> {
    // an empty choice is written `{}` by Kong's Lua
    ensure(contains_value(choice, value), || {
        format!("expected one of: {}", join_texts(choice))
    })
}

fn not_one_of(value: &Value, refused: &Value) -> Result<(), String> {
    ensure(!contains_value(refused, value), || {
        format!("must not be one of: {}", join_texts(refused))
    })
}

fn timestamp(value: &Value, _: &Value) -> Result<(), String> {
    ensure(value.as_f64().is_some_and(|time| time > 0.0), || {
        "expected a valid timestamp".to_owned()
    })
}

fn uuid(value: &Value, _: &Value) -> Result<(), String> {
    let digits = |text: &str, size: usize| text.len() == size && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() == 5
            && parts
                .iter()
                .zip([8, 4, 4, 4, 12])
                .all(|(part, size)| digits(part, size))
    };
    ensure(value.as_str().is_some_and(is_uuid), || {
        "expected a valid UUID".to_owned()
    })
}

fn is_regex(value: &Value, _: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    ensure(pcre::check_regex(text).is_ok(), || format!("not a valid regex: {text}"))
}

fn between(value: &Value, limits: &Value) -> Result<(), String> {
    let limit = |at: usize| array_members(limits).get(at).and_then(Value::as_f64);
    let (Some(low), Some(high)) = (limit(0), limit(1)) else {
        return Ok(());
    };
    let inside = value.as_f64().is_some_and(|number| (low..=high).contains(&number));
    ensure(inside, || {
        format!("value should be between {:.0} and {:.0}", low.trunc(), high.trunc())
    })
}

fn gt(value: &Value, limit: &Value) -> Result<(), String> {
    let above = value.as_f64() > limit.as_f64();
    ensure(above, || format!("value must be greater than {}", to_lua_text(limit)))
}

fn length(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(members) => members.len() as u64,
        Value::Object(members) => members.len() as u64,
        _ => 0,
    }
}

fn len_eq(value: &Value, expected: &Value) -> Result<(), String> {
    ensure(Some(length(value)) == expected.as_u64(), || {
        format!("length must be {}", to_lua_text(expected))
    })
}

fn len_min(value: &Value, least: &Value) -> Result<(), String> {
    ensure(Some(length(value)) >= least.as_u64(), || {
        format!("length must be at least {}", to_lua_text(least))
    })
}

fn len_max(value: &Value, most: &Value) -> Result<(), String> {
    ensure(Some(length(value)) <= most.as_u64(), || {
        format!("length must be at most {}", to_lua_text(most))
    })
}

fn pattern_matches(pattern: &Value, value: &Value) -> bool {
    LuaPattern(pattern.as_str().unwrap_or_default()).is_match(value.as_str().unwrap_or_default())
}

fn invalid_value_message(value: &Value) -> String {
    format!("invalid value: {}", to_lua_text(value))
}

fn rule_error_message(rule: &Value, value: &Value) -> String {
    let own = rule.get("err").and_then(Value::as_str);
    own.map_or_else(|| invalid_value_message(value), str::to_owned)
}

fn starts_with(value: &Value, prefix: &Value) -> Result<(), String> {
    let (text, prefix) = (value.as_str().unwrap_or_default(), to_lua_text(prefix));
    ensure(text.starts_with(&prefix), || format!("should start with: {prefix}"))
}

fn not_match(value: &Value, pattern: &Value) -> Result<(), String> {
    ensure(!pattern_matches(pattern, value), || invalid_value_message(value))
}

fn matches(value: &Value, pattern: &Value) -> Result<(), String> {
    ensure(pattern_matches(pattern, value), || invalid_value_message(value))
}

fn rule_pattern(rule: &Value) -> &Value {
    rule.get("pattern").unwrap_or(rule)
}

fn match_none(value: &Value, rules: &Value) -> Result<(), String> {
    let broken = array_members(rules)
        .iter()
        .find(|rule| pattern_matches(rule_pattern(rule), value));
    broken.map_or(Ok(()), |rule| Err(rule_error_message(rule, value)))
}

fn match_all(value: &Value, rules: &Value) -> Result<(), String> {
    let broken = array_members(rules)
        .iter()
        .find(|rule| !pattern_matches(rule_pattern(rule), value));
    broken.map_or(Ok(()), |rule| Err(rule_error_message(rule, value)))
}

fn match_any(value: &Value, rule: &Value) -> Result<(), String> {
    let patterns = rule.get("patterns").unwrap_or(&Value::Null);
    let found = array_members(patterns)
        .iter()
        .any(|pattern| pattern_matches(pattern, value));
    ensure(found, || rule_error_message(rule, value))
}

fn contains(value: &Value, expected: &Value) -> Result<(), String> {
    ensure(contains_value(value, expected), || {
        format!("expected to contain: {}", to_lua_text(expected))
    })
}

/// Members of two of the sets must not stand together.
fn mutually_exclusive_subsets(value: &Value, subsets: &Value) -> Result<(), String> {
    let present = |subset: &&Value| array_members(subset).iter().any(|member| contains_value(value, member));
    let found: Vec<&Value> = array_members(subsets).iter().filter(present).collect();
    ensure(found.len() < 2, || {
        let shown: Vec<String> = found
            .iter()
            .map(|subset| format!("({})", super::quote_names(array_members(subset))))
            .collect();
        format!("these sets are mutually exclusive: {}", shown.join(", "))
    })
}
