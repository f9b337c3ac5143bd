use super::{Field, Record, keywords, url_shorthand};
use json::{Object, Value};

/// How a spelling that is not a field itself becomes fields (`shorthand_fields`).
///
/// Kong's schemas tell of those that they replaced (`deprecation.replaced_with`): the same value at other places, and
/// shown beside them. What no schema tells stands in the files under `schemas/`:
/// `into: [path, …]` puts the value at those places (`meaning` says what some values become), and
/// `into: {part: field}` takes a URL apart.
enum ShorthandRule<'a> {
    /// The same value at these places; both spellings at once must agree.
    ReplacedWith(Vec<Vec<&'a str>>),
    /// The value at these places, over what stands there.
    Into(Vec<Vec<&'a str>>, Option<&'a Object>),
    /// The parts of a URL.
    Url(&'a Object),
}

/// What happens where a deprecated spelling and its successor differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ConflictPolicy {
    /// It is an error, as in Kong.
    Reject,
    /// The successor counts.
    PreferSuccessor,
}

/// Whether a body uses a shorthand of its record, on this level.
pub(super) fn uses_shorthand(record: &Record, body: &Object) -> bool {
    record.shorthands.iter().any(|(name, _)| body.contains_key(name))
}

/// A body with the shorthands of this level replaced by their fields, and the errors by shorthand. Null counts as absent.
pub(super) fn expand_level(
    record: &Record,
    body: &Object,
    conflict: ConflictPolicy,
) -> (Object, Vec<(String, String)>) {
    let mut plain = body.clone();
    let mut errors = Vec::new();
    for (name, field) in &record.shorthands {
        let Some(value) = plain.remove(name) else { continue };
        if value.is_null() {
            continue;
        }
        match shorthand_rule(field) {
            ShorthandRule::ReplacedWith(paths) => {
                for path in paths {
                    let is_consistent = set_if_unset(&mut plain, &path, &value);
                    if !is_consistent && conflict == ConflictPolicy::Reject {
                        errors.push((name.clone(), mismatch_message(record, name, &path, field, &value)));
                    }
                }
            }
            ShorthandRule::Into(paths, values) => {
                let translated = values.and_then(|values| values.get(value.as_str()?)).unwrap_or(&value);
                for path in paths {
                    plain.put_path(&path, translated.clone());
                }
            }
            ShorthandRule::Url(into) => {
                for (part, value) in url_shorthand::parse_url_parts(value.as_str().unwrap_or_default()) {
                    if let Some(field) = into.get(&part).and_then(Value::as_str) {
                        plain.insert(field.to_owned(), value);
                    }
                }
            }
        }
    }
    (plain, errors)
}

/// Adds the deprecated spellings that Kong shows beside their successors.
pub(super) fn add_mirrored_shorthands(record: &Record, shown: &mut Object) {
    for (name, field) in &record.shorthands {
        if let ShorthandRule::ReplacedWith(paths) = shorthand_rule(field)
            && let Some(path) = paths.first()
            && field.rules.contains_key("deprecation")
        {
            let value = shown.get_path(path).cloned().unwrap_or(Value::Null);
            shown.insert(name.clone(), value);
        }
    }
}

/// Whether a name is a deprecated spelling whose successors all have values in the body, so that it is redundant.
pub(super) fn is_mirrored_shorthand(record: &Record, name: &str, body: &Object) -> bool {
    let is_set = |path: Vec<&str>| body.get_path(&path).is_some_and(|value| !value.is_null());
    match record.shorthand(name).map(shorthand_rule) {
        Some(ShorthandRule::ReplacedWith(paths)) => paths.into_iter().all(is_set),
        _ => false,
    }
}

/// The places, below the record, of what a shorthand stands for.
pub(super) fn target_paths(shorthand: &Field) -> Vec<Vec<&str>> {
    match shorthand_rule(shorthand) {
        ShorthandRule::ReplacedWith(paths) | ShorthandRule::Into(paths, _) => paths,
        ShorthandRule::Url(into) => into.values().filter_map(|field| Some(vec![field.as_str()?])).collect(),
    }
}

fn shorthand_rule(field: &Field) -> ShorthandRule<'_> {
    let rules = &field.rules;
    match (rules.get("into"), rules.get("meaning")) {
        (Some(Value::Object(into)), _) => ShorthandRule::Url(into),
        (Some(into), values) => ShorthandRule::Into(parse_paths(into), values.and_then(Value::as_object)),
        (None, _) => {
            let replaced = rules.get("deprecation").and_then(|old| old.get("replaced_with"));
            let members = replaced.and_then(Value::as_array).into_iter().flatten();
            ShorthandRule::ReplacedWith(
                members
                    .filter_map(|member| parse_path(member.get(keywords::PATH)?))
                    .collect(),
            )
        }
    }
}

fn parse_paths(list: &Value) -> Vec<Vec<&str>> {
    list.as_array().into_iter().flatten().filter_map(parse_path).collect()
}

fn parse_path(list: &Value) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Value::as_str).collect()
}

/// Puts a value where there is none; false if there is another. To Kong's Lua `false` is none.
fn set_if_unset(body: &mut Object, path: &[&str], value: &Value) -> bool {
    match body.get_path(path) {
        None | Some(Value::Null | Value::Bool(false)) => {
            body.put_path(path, value.clone());
            true
        }
        Some(known) => known == value,
    }
}

/// Shows the value unless it is secret.
fn mismatch_message(record: &Record, name: &str, path: &[&str], shorthand: &Field, value: &Value) -> String {
    let path_name = path.join(".");
    let secret = shorthand.secret || record.nested_field(path).is_none_or(|field| field.secret);
    if secret {
        return format!("both deprecated and new field are used but their values mismatch: {name} vs {path_name}");
    }
    format!("both deprecated and new field are used but their values mismatch: {name} = {value} vs {path_name}")
}

impl Field {
    /// The fields that a shorthand stands for, each by its names from the record that has the shorthand.
    pub fn shorthand_targets(&self) -> Vec<Vec<&str>> {
        target_paths(self)
    }

    /// Whether this is a shorthand for the parts of a URL, and a text names no host, which is the least that a URL says.
    pub fn is_url_without_host(&self, text: &str) -> bool {
        matches!(shorthand_rule(self), ShorthandRule::Url(_))
            && !url_shorthand::parse_url_parts(text).contains_key(keywords::url::HOST)
    }
}
