use super::lua_pattern::LuaPattern;
use super::pcre;
use super::view::View;
use json::Value;

/// The rules of a field besides its type, in the order in which Kong asks them; the first that is broken is told.
const ATTRIBUTES: [(&str, Attribute); 19] = [
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

type Attribute = fn(&Value, &Value) -> Result<(), String>;

/// Says which rule a value of the right type breaks.
pub(super) fn broken(view: View<'_>, value: &Value) -> Option<String> {
    ATTRIBUTES
        .iter()
        .find_map(|(name, check)| match *name {
            "len_min" => {
                let least = Value::from(view.least_length()?);
                check(value, &least).err()
            }
            _ => check(value, view.rule(name)?).err(),
        })
        .or_else(|| exclusive_subsets(value, view.rule("mutually_exclusive_subsets")?).err())
}

fn told(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// A value as Lua writes it.
pub(super) fn lua_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        Value::Number(number) => lua_number(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

fn lua_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e14 {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

/// Whether two JSON values are one to Lua, which has one sort of numbers.
pub(super) fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => one.as_f64() == two.as_f64(),
        _ => one == two,
    }
}

fn members(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn joined(values: &Value) -> String {
    let texts: Vec<String> = members(values).iter().map(lua_text).collect();
    texts.join(", ")
}

fn has(values: &Value, wanted: &Value) -> bool {
    members(values).iter().any(|value| same(value, wanted))
}

fn eq(value: &Value, wanted: &Value) -> Result<(), String> {
    told(same(value, wanted), || format!("value must be {}", lua_text(wanted)))
}

fn ne(value: &Value, refused: &Value) -> Result<(), String> {
    told(!same(value, refused), || {
        format!("value must not be {}", lua_text(refused))
    })
}

fn one_of(value: &Value, choice: &Value) -> Result<(), String> {
    // an empty choice is written `{}` by Kong's Lua
    told(has(choice, value), || format!("expected one of: {}", joined(choice)))
}

fn not_one_of(value: &Value, refused: &Value) -> Result<(), String> {
    told(!has(refused, value), || {
        format!("must not be one of: {}", joined(refused))
    })
}

fn timestamp(value: &Value, _: &Value) -> Result<(), String> {
    told(value.as_f64().is_some_and(|time| time > 0.0), || {
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
    told(value.as_str().is_some_and(is_uuid), || {
        "expected a valid UUID".to_owned()
    })
}

fn is_regex(value: &Value, _: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    told(pcre::compile(text).is_ok(), || format!("not a valid regex: {text}"))
}

fn between(value: &Value, limits: &Value) -> Result<(), String> {
    let limit = |at: usize| members(limits).get(at).and_then(Value::as_f64);
    let (Some(low), Some(high)) = (limit(0), limit(1)) else {
        return Ok(());
    };
    let inside = value.as_f64().is_some_and(|number| (low..=high).contains(&number));
    told(inside, || {
        format!("value should be between {:.0} and {:.0}", low.trunc(), high.trunc())
    })
}

fn gt(value: &Value, limit: &Value) -> Result<(), String> {
    let above = value.as_f64() > limit.as_f64();
    told(above, || format!("value must be greater than {}", lua_text(limit)))
}

fn length(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(members) => members.len() as u64,
        Value::Object(members) => members.len() as u64,
        _ => 0,
    }
}

fn len_eq(value: &Value, wanted: &Value) -> Result<(), String> {
    told(Some(length(value)) == wanted.as_u64(), || {
        format!("length must be {}", lua_text(wanted))
    })
}

fn len_min(value: &Value, least: &Value) -> Result<(), String> {
    told(Some(length(value)) >= least.as_u64(), || {
        format!("length must be at least {}", lua_text(least))
    })
}

fn len_max(value: &Value, most: &Value) -> Result<(), String> {
    told(Some(length(value)) <= most.as_u64(), || {
        format!("length must be at most {}", lua_text(most))
    })
}

fn finds(pattern: &Value, value: &Value) -> bool {
    LuaPattern(pattern.as_str().unwrap_or_default()).finds(value.as_str().unwrap_or_default())
}

fn invalid(value: &Value) -> String {
    format!("invalid value: {}", lua_text(value))
}

fn own_error(rule: &Value, value: &Value) -> String {
    let own = rule.get("err").and_then(Value::as_str);
    own.map_or_else(|| invalid(value), str::to_owned)
}

fn starts_with(value: &Value, prefix: &Value) -> Result<(), String> {
    let (text, prefix) = (value.as_str().unwrap_or_default(), lua_text(prefix));
    told(text.starts_with(&prefix), || format!("should start with: {prefix}"))
}

fn not_match(value: &Value, pattern: &Value) -> Result<(), String> {
    told(!finds(pattern, value), || invalid(value))
}

fn matches(value: &Value, pattern: &Value) -> Result<(), String> {
    told(finds(pattern, value), || invalid(value))
}

fn pattern(rule: &Value) -> &Value {
    rule.get("pattern").unwrap_or(rule)
}

fn match_none(value: &Value, rules: &Value) -> Result<(), String> {
    let broken = members(rules).iter().find(|rule| finds(pattern(rule), value));
    broken.map_or(Ok(()), |rule| Err(own_error(rule, value)))
}

fn match_all(value: &Value, rules: &Value) -> Result<(), String> {
    let broken = members(rules).iter().find(|rule| !finds(pattern(rule), value));
    broken.map_or(Ok(()), |rule| Err(own_error(rule, value)))
}

fn match_any(value: &Value, rule: &Value) -> Result<(), String> {
    let patterns = rule.get("patterns").unwrap_or(&Value::Null);
    let found = members(patterns).iter().any(|pattern| finds(pattern, value));
    told(found, || own_error(rule, value))
}

fn contains(value: &Value, wanted: &Value) -> Result<(), String> {
    told(has(value, wanted), || {
        format!("expected to contain: {}", lua_text(wanted))
    })
}

/// Members of two of the sets must not stand together.
fn exclusive_subsets(value: &Value, subsets: &Value) -> Result<(), String> {
    let present = |subset: &&Value| members(subset).iter().any(|member| has(value, member));
    let found: Vec<&Value> = members(subsets).iter().filter(present).collect();
    told(found.len() < 2, || {
        let shown: Vec<String> = found
            .iter()
            .map(|subset| format!("({})", super::quoted(members(subset))))
            .collect();
        format!("these sets are mutually exclusive: {}", shown.join(", "))
    })
}
