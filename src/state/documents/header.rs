use std::collections::BTreeSet;

use super::diagnostics::DocumentDiagnostics;
use super::document::StateDocument;
use super::top_level_keys::TopLevelKeys;
use super::value::format_number;
use yaml::suggest_similar;
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, Span};

const SELECT_TAGS: &str = "select_tags";

const INFO_KEYS: [&str; 6] = [
    SELECT_TAGS,
    "defaults",
    "default_lookup_tags",
    "consumer_group_policy_overrides",
    "skip_hash_for_basic_auth",
    "include_plugin_definitions",
];

/// Whether a text may declare select tags: if not, it owns everything, or what others of the run declare. A yes may be
/// wrong, and so may a no of a text that spells the key by escapes or in UTF-16.
pub fn may_declare_select_tags(text: &[u8]) -> bool {
    memchr::memmem::find(text, SELECT_TAGS.as_bytes()).is_some()
}

/// Reads `_info`.
pub(super) fn read_info(
    document: &mut StateDocument,
    info: MapEntry,
    vocabulary: &TopLevelKeys,
    problems: &mut DocumentDiagnostics,
) {
    for entry in map_entries(info, problems) {
        match entry.key.as_str() {
            SELECT_TAGS => document.select_tags = read_select_tags(&entry.value, problems),
            "defaults" => read_defaults(document, entry, vocabulary, problems),
            "default_lookup_tags" => problems.add(
                Diagnostic::note(
                    DiagnosticCode::LookupTags,
                    "`default_lookup_tags` are not needed: entities outside the select tags can be referred to as they are",
                )
                .at(entry.key_span),
            ),
            key if INFO_KEYS.contains(&key) => problems.add(
                Diagnostic::note(DiagnosticCode::NoEffect, format!("`{key}` has no effect on an open-source gateway"))
                    .at(entry.key_span),
            ),
            key => {
                let unknown = Diagnostic::error(DiagnosticCode::UnknownKey, format!("there is no '{key}' in `_info`")).at(entry.key_span);
                problems.add(match suggest_similar(key, INFO_KEYS) {
                    Some(near) => unknown.help(format!("did you mean '{near}'?")),
                    None => unknown,
                });
            }
        }
    }
}

/// Reads `_plugin_configs`: named maps.
pub(super) fn read_plugin_configs(entry: MapEntry, problems: &mut DocumentDiagnostics) -> Vec<MapEntry> {
    let mut configs = map_entries(entry, problems);
    configs.retain(|config| {
        let fine = matches!(config.value.data, NodeData::Map(_));
        if !fine {
            problems.add(wrong_type_error(
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
pub(super) fn check_workspace(value: &Node, problems: &mut DocumentDiagnostics) {
    match (&value.data, value.text()) {
        (NodeData::Null, _) | (_, Some("default" | "")) => {}
        (_, Some(name)) => problems.add(
            Diagnostic::error(
                DiagnosticCode::Workspace,
                format!("the workspace '{name}' cannot be: an open-source gateway has one workspace, `default`"),
            )
            .at(value.span)
            .help("leave `_workspace` out, or write `default`"),
        ),
        _ => problems.add(wrong_type_error(value, "`_workspace`", "text")),
    }
}

/// Reads `_transform`; says where it stands if it is false.
pub(super) fn read_transform(value: &Node, problems: &mut DocumentDiagnostics) -> Option<Span> {
    match value.data {
        NodeData::Bool(false) => return Some(value.span),
        NodeData::Bool(true) | NodeData::Null => {}
        _ => problems.add(wrong_type_error(value, "`_transform`", "true or false")),
    }
    None
}

fn read_select_tags(value: &Node, problems: &mut DocumentDiagnostics) -> Option<(BTreeSet<String>, Span)> {
    if !matches!(value.data, NodeData::List(_) | NodeData::Null) {
        problems.add(
            wrong_type_error(value, "`select_tags`", "a list")
                .help("write each tag as a list item: `select_tags: [team-a]`"),
        );
        return None;
    }
    let mut tags = BTreeSet::new();
    for member in value.members() {
        match scalar_text(member) {
            None => problems.add(wrong_type_error(member, "a select tag", "text").help("put it in quotes")),
            Some(tag) if tag.is_empty() => {
                problems.add(Diagnostic::error(DiagnosticCode::SelectTags, "a select tag is empty").at(member.span));
            }
            Some(tag) if tag.contains([',', '/']) => problems.add(
                Diagnostic::error(
                    DiagnosticCode::SelectTags,
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

fn read_defaults(
    document: &mut StateDocument,
    defaults: MapEntry,
    vocabulary: &TopLevelKeys,
    problems: &mut DocumentDiagnostics,
) {
    for entry in map_entries(defaults, problems) {
        match vocabulary.kind_for_defaults(&entry.key) {
            Some(_) if !matches!(entry.value.data, NodeData::Map(_) | NodeData::Null) => {
                problems.add(wrong_type_error(
                    &entry.value,
                    &format!("the defaults of '{}'", entry.key),
                    "a map",
                ));
            }
            Some(kind) => document.defaults.push((kind, entry.value)),
            None => {
                let message = format!("there is no kind of entity called '{}'", entry.key);
                let unknown = Diagnostic::error(DiagnosticCode::UnknownKey, message).at(entry.key_span);
                problems.add(match vocabulary.suggest_kind(&entry.key) {
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
        NodeData::String(text, _) => Some(text.clone()),
        NodeData::Number(number) => Some(format_number(number)),
        NodeData::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The entries of what must be a map or nothing.
fn map_entries(entry: MapEntry, problems: &mut DocumentDiagnostics) -> Vec<MapEntry> {
    match entry.value.data {
        NodeData::Map(entries) => entries,
        NodeData::Null => Vec::new(),
        _ => {
            problems.add(wrong_type_error(&entry.value, &format!("`{}`", entry.key), "a map"));
            Vec::new()
        }
    }
}

fn wrong_type_error(value: &Node, what: &str, expected: &str) -> Diagnostic {
    Diagnostic::error(
        DiagnosticCode::WrongType,
        format!("{what} is {}; expected {expected}", value.type_name()),
    )
    .at(value.span)
}
