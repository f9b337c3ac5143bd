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
    keys: &TopLevelKeys,
    diagnostics: &mut DocumentDiagnostics,
) {
    for entry in map_entries(info, diagnostics) {
        match entry.key.as_str() {
            SELECT_TAGS => document.select_tags = read_select_tags(&entry.value, diagnostics),
            "defaults" => read_defaults(document, entry, keys, diagnostics),
            "default_lookup_tags" => diagnostics.add(
                Diagnostic::note(
                    DiagnosticCode::LookupTags,
                    "`default_lookup_tags` are not needed: entities outside the select tags can be referred to as they are",
                )
                .at(entry.key_span),
            ),
            key if INFO_KEYS.contains(&key) => diagnostics.add(
                Diagnostic::note(DiagnosticCode::NoEffect, format!("`{key}` has no effect on an open-source gateway"))
                    .at(entry.key_span),
            ),
            key => {
                let unknown = Diagnostic::error(DiagnosticCode::UnknownKey, format!("there is no '{key}' in `_info`")).at(entry.key_span);
                diagnostics.add(match suggest_similar(key, INFO_KEYS) {
                    Some(suggestion) => unknown.help(format!("did you mean '{suggestion}'?")),
                    None => unknown,
                });
            }
        }
    }
}

/// Reads `_plugin_configs`: named maps.
pub(super) fn read_plugin_configs(entry: MapEntry, diagnostics: &mut DocumentDiagnostics) -> Vec<MapEntry> {
    let mut configs = map_entries(entry, diagnostics);
    configs.retain(|config| {
        let is_map = matches!(config.value.data, NodeData::Map(_));
        if !is_map {
            diagnostics.add(wrong_type_error(
                &config.value,
                &format!("the configuration '{}'", config.key),
                "a map",
            ));
        }
        is_map
    });
    configs
}

/// Refuses any workspace but the one that every gateway has.
pub(super) fn check_workspace(value: &Node, diagnostics: &mut DocumentDiagnostics) {
    match (&value.data, value.text()) {
        (NodeData::Null, _) | (_, Some("default" | "")) => {}
        (_, Some(name)) => diagnostics.add(
            Diagnostic::error(
                DiagnosticCode::Workspace,
                format!("the workspace '{name}' cannot be: an open-source gateway has one workspace, `default`"),
            )
            .at(value.span)
            .help("leave `_workspace` out, or write `default`"),
        ),
        _ => diagnostics.add(wrong_type_error(value, "`_workspace`", "text")),
    }
}

/// Reads `_transform`; says where it stands if it is false.
pub(super) fn read_transform(value: &Node, diagnostics: &mut DocumentDiagnostics) -> Option<Span> {
    match value.data {
        NodeData::Bool(false) => return Some(value.span),
        NodeData::Bool(true) | NodeData::Null => {}
        _ => diagnostics.add(wrong_type_error(value, "`_transform`", "true or false")),
    }
    None
}

fn read_select_tags(value: &Node, diagnostics: &mut DocumentDiagnostics) -> Option<(BTreeSet<String>, Span)> {
    if !matches!(value.data, NodeData::List(_) | NodeData::Null) {
        diagnostics.add(
            wrong_type_error(value, "`select_tags`", "a list")
                .help("write each tag as a list item: `select_tags: [team-a]`"),
        );
        return None;
    }
    let mut tags = BTreeSet::new();
    for member in value.members() {
        match scalar_text(member) {
            None => diagnostics.add(wrong_type_error(member, "a select tag", "text").help("put it in quotes")),
            Some(tag) if tag.is_empty() => {
                diagnostics.add(Diagnostic::error(DiagnosticCode::SelectTags, "a select tag is empty").at(member.span));
            }
            Some(tag) if tag.contains([',', '/']) => diagnostics.add(
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
    keys: &TopLevelKeys,
    diagnostics: &mut DocumentDiagnostics,
) {
    for entry in map_entries(defaults, diagnostics) {
        match keys.kind_for_defaults(&entry.key) {
            Some(_) if !matches!(entry.value.data, NodeData::Map(_) | NodeData::Null) => {
                diagnostics.add(wrong_type_error(
                    &entry.value,
                    &format!("the defaults of '{}'", entry.key),
                    "a map",
                ));
            }
            Some(kind) => document.defaults.push((kind, entry.value)),
            None => {
                let message = format!("there is no kind of entity called '{}'", entry.key);
                let unknown = Diagnostic::error(DiagnosticCode::UnknownKey, message).at(entry.key_span);
                diagnostics.add(match keys.suggest_kind(&entry.key) {
                    Some(suggestion) => unknown.help(format!("did you mean '{suggestion}'?")),
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
fn map_entries(entry: MapEntry, diagnostics: &mut DocumentDiagnostics) -> Vec<MapEntry> {
    match entry.value.data {
        NodeData::Map(entries) => entries,
        NodeData::Null => Vec::new(),
        _ => {
            diagnostics.add(wrong_type_error(&entry.value, &format!("`{}`", entry.key), "a map"));
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
