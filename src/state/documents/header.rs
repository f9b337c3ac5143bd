use std::collections::BTreeSet;

use super::document::Document;
use super::problems::Problems;
use super::value::spelled;
use super::vocabulary::Vocabulary;
use yaml::suggest_similar;
use yaml::{Data, Diagnostic, Entry, Node, Span};

const SELECT_TAGS: &str = "select_tags";

const INFO: [&str; 6] = [
    SELECT_TAGS,
    "defaults",
    "default_lookup_tags",
    "consumer_group_policy_overrides",
    "skip_hash_for_basic_auth",
    "include_plugin_definitions",
];

/// Whether a text may declare select tags: if not, it owns everything, or what others of the run declare. A yes may be
/// wrong, and so may a no of a text that spells the key by escapes or in UTF-16.
pub fn may_name_scopes(text: &[u8]) -> bool {
    memchr::memmem::find(text, SELECT_TAGS.as_bytes()).is_some()
}

/// Reads `_info`.
pub(super) fn info(document: &mut Document, info: Entry, vocabulary: &Vocabulary, problems: &mut Problems) {
    for entry in map(info, problems) {
        match entry.key.as_str() {
            SELECT_TAGS => document.select_tags = select_tags(&entry.value, problems),
            "defaults" => defaults(document, entry, vocabulary, problems),
            "default_lookup_tags" => problems.tell(
                Diagnostic::note(
                    "lookup-tags",
                    "`default_lookup_tags` are not needed: entities outside the select tags can be referred to as they are",
                )
                .at(entry.key_span),
            ),
            key if INFO.contains(&key) => problems.tell(
                Diagnostic::note("no-effect", format!("`{key}` has no effect on an open-source gateway"))
                    .at(entry.key_span),
            ),
            key => {
                let unknown = Diagnostic::error("unknown-key", format!("there is no '{key}' in `_info`")).at(entry.key_span);
                problems.tell(match suggest_similar(key, INFO) {
                    Some(near) => unknown.help(format!("did you mean '{near}'?")),
                    None => unknown,
                });
            }
        }
    }
}

/// Reads `_plugin_configs`: named maps.
pub(super) fn plugin_configs(entry: Entry, problems: &mut Problems) -> Vec<Entry> {
    let mut configs = map(entry, problems);
    configs.retain(|config| {
        let fine = matches!(config.value.data, Data::Map(_));
        if !fine {
            problems.tell(wrong(
                &config.value,
                &format!("the configuration '{}'", config.key),
                "a map",
            ));
        }
        fine
    });
    configs
}

/// Refuses any workspace but the one that every gateway has.
pub(super) fn workspace(value: &Node, problems: &mut Problems) {
    match (&value.data, value.text()) {
        (Data::Null, _) | (_, Some("default" | "")) => {}
        (_, Some(name)) => problems.tell(
            Diagnostic::error(
                "workspace",
                format!("the workspace '{name}' cannot be: an open-source gateway has one workspace, `default`"),
            )
            .at(value.span)
            .help("leave `_workspace` out, or write `default`"),
        ),
        _ => problems.tell(wrong(value, "`_workspace`", "text")),
    }
}

/// Reads `_transform`; says where it stands if it is false.
pub(super) fn transform(value: &Node, problems: &mut Problems) -> Option<Span> {
    match value.data {
        Data::Bool(false) => return Some(value.span),
        Data::Bool(true) | Data::Null => {}
        _ => problems.tell(wrong(value, "`_transform`", "true or false")),
    }
    None
}

fn select_tags(value: &Node, problems: &mut Problems) -> Option<(BTreeSet<String>, Span)> {
    if !matches!(value.data, Data::List(_) | Data::Null) {
        problems.tell(
            wrong(value, "`select_tags`", "a list").help("write each tag as a list item: `select_tags: [team-a]`"),
        );
        return None;
    }
    let mut tags = BTreeSet::new();
    for member in value.members() {
        match scalar_text(member) {
            None => problems.tell(wrong(member, "a select tag", "text").help("put it in quotes")),
            Some(tag) if tag.is_empty() => {
                problems.tell(Diagnostic::error("select-tags", "a select tag is empty").at(member.span));
            }
            Some(tag) if tag.contains([',', '/']) => problems.tell(
                Diagnostic::error(
                    "select-tags",
                    format!("the select tag '{tag}' holds ',' or '/', which Kong reads as AND and OR"),
                )
                .at(member.span),
            ),
            Some(tag) => drop(tags.insert(tag)),
        }
    }
    let first = value.members().first().map_or(value.span, |member| member.span);
    (!tags.is_empty()).then_some((tags, first))
}

fn defaults(document: &mut Document, defaults: Entry, vocabulary: &Vocabulary, problems: &mut Problems) {
    for entry in map(defaults, problems) {
        match vocabulary.kind_of_defaults(&entry.key) {
            Some(_) if !matches!(entry.value.data, Data::Map(_) | Data::Null) => {
                problems.tell(wrong(
                    &entry.value,
                    &format!("the defaults of '{}'", entry.key),
                    "a map",
                ));
            }
            Some(kind) => document.defaults.push((kind, entry.value)),
            None => {
                let message = format!("there is no kind of entity called '{}'", entry.key);
                let unknown = Diagnostic::error("unknown-key", message).at(entry.key_span);
                problems.tell(match vocabulary.nearest_kind(&entry.key) {
                    Some(near) => unknown.help(format!("did you mean '{near}'?")),
                    None => unknown,
                });
            }
        }
    }
}

/// A text, or what decK takes for one.
fn scalar_text(node: &Node) -> Option<String> {
    match &node.data {
        Data::String(text, _) => Some(text.clone()),
        Data::Number(number) => Some(spelled(number)),
        Data::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The entries of what must be a map or nothing.
fn map(entry: Entry, problems: &mut Problems) -> Vec<Entry> {
    match entry.value.data {
        Data::Map(entries) => entries,
        Data::Null => Vec::new(),
        _ => {
            problems.tell(wrong(&entry.value, &format!("`{}`", entry.key), "a map"));
            Vec::new()
        }
    }
}

fn wrong(value: &Node, what: &str, expected: &str) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("{what} is {}; expected {expected}", value.word())).at(value.span)
}
