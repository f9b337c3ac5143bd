use std::collections::BTreeSet;

use super::diagnostics::DocumentDiagnostics;
use super::file_class;
use super::format_version::{self, FormatVersion};
use super::header;
use super::top_level_keys::{TopLevelKey, TopLevelKeys};
use schema::KindId;
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, Span};

/// A file whose top level was read: how to read the rest of it, and the lists of entities, not yet read.
pub(super) struct StateDocument {
    /// Where to point for the document as a whole.
    pub(super) span: Span,
    /// Its version, once it is known.
    pub(super) format: Option<FormatVersion>,
    /// Whether it declares a version that does not exist.
    pub(super) has_invalid_format: bool,
    /// Its select tags, and where they are declared.
    pub(super) select_tags: Option<(BTreeSet<String>, Span)>,
    /// What entities of a kind have unless they say otherwise (`_info.defaults`): the kind, and a map.
    pub(super) defaults: Vec<(KindId, Node)>,
    /// Named configurations that plugins refer to.
    pub(super) plugin_configs: Vec<MapEntry>,
    /// Where `_transform: false` declares passwords to be hashed already.
    pub(super) no_transform: Option<Span>,
    /// The lists of entities.
    pub(super) entity_lists: Vec<(KindId, MapEntry)>,
}

impl StateDocument {
    /// Reads the top level of a document. `None` if it cannot be read.
    pub(super) fn from_node(root: Node, keys: &TopLevelKeys, diagnostics: &mut DocumentDiagnostics) -> Option<Self> {
        if let Some(error) = file_class::other_format_error(&root) {
            diagnostics.add(error);
            return None;
        }
        let span = first_key_span(&root);
        let NodeData::Map(entries) = root.data else {
            diagnostics.add(not_a_map_error(&root));
            return None;
        };
        if let Some(error) = lone_entity_error(&entries, span, keys) {
            diagnostics.add(error);
            return None;
        }
        let mut document = Self::new(span);
        for entry in entries {
            document.read_entry(entry, keys, diagnostics);
        }
        Some(document)
    }

    /// Whether it declares anything that belongs to a scope.
    pub(super) fn has_content(&self) -> bool {
        !(self.entity_lists.is_empty() && self.defaults.is_empty() && self.plugin_configs.is_empty())
    }

    fn new(span: Span) -> Self {
        Self {
            span,
            format: None,
            has_invalid_format: false,
            select_tags: None,
            defaults: Vec::new(),
            plugin_configs: Vec::new(),
            no_transform: None,
            entity_lists: Vec::new(),
        }
    }

    fn read_entry(&mut self, entry: MapEntry, keys: &TopLevelKeys, diagnostics: &mut DocumentDiagnostics) {
        match keys.classify_key(&entry.key) {
            TopLevelKey::Header => self.read_header(entry, keys, diagnostics),
            TopLevelKey::Kind(kind) => self.entity_lists.push((kind, entry)),
            TopLevelKey::Unmanaged(what) => diagnostics.add(
                Diagnostic::error(
                    DiagnosticCode::NotManaged,
                    format!("`{}` are {what}, which strongroom does not manage", entry.key),
                )
                .at(entry.key_span)
                .help("take them out of this file; what lists them elsewhere stays as it is"),
            ),
            TopLevelKey::Unknown => diagnostics.add(unknown_key_error(&entry, keys)),
        }
    }

    fn read_header(&mut self, entry: MapEntry, keys: &TopLevelKeys, diagnostics: &mut DocumentDiagnostics) {
        match entry.key.as_str() {
            "_format_version" => {
                self.format = format_version::read_format_version(&entry.value, diagnostics);
                self.has_invalid_format = self.format.is_none();
            }
            "_info" => header::read_info(self, entry, keys, diagnostics),
            "_plugin_configs" => self.plugin_configs = header::read_plugin_configs(entry, diagnostics),
            "_workspace" => header::check_workspace(&entry.value, diagnostics),
            "_konnect" => diagnostics.add(
                Diagnostic::note(
                    DiagnosticCode::Konnect,
                    "`_konnect` names a control plane of Konnect; this run talks to the address it was given",
                )
                .at(entry.key_span),
            ),
            "_transform" => self.no_transform = header::read_transform(&entry.value, diagnostics),
            // comments
            _ => {}
        }
    }
}

/// The span of a map's first key, which is better to point at than the whole map.
pub(super) fn first_key_span(node: &Node) -> Span {
    node.entries().first().map_or(node.span, |entry| entry.key_span)
}

fn not_a_map_error(root: &Node) -> Diagnostic {
    let message = match root.data {
        NodeData::Null => "there is nothing in it".to_owned(),
        _ => format!("this is {}, not a state file", root.type_name()),
    };
    Diagnostic::error(DiagnosticCode::NotAStateFile, message)
        .at(root.span)
        .help("a state file is a map: `_format_version: \"3.0\"`, then `services`, `routes`, `plugins` …; with the version alone it says that nothing should be")
}

/// The error for a map that is one entity without its list.
fn lone_entity_error(entries: &[MapEntry], span: Span, keys: &TopLevelKeys) -> Option<Diagnostic> {
    let key_classes = || entries.iter().map(|entry| keys.classify_key(&entry.key));
    if key_classes().any(|class| class == TopLevelKey::Header)
        || key_classes().all(|class| class != TopLevelKey::Unknown)
    {
        return None;
    }
    let collection = keys.collection_with_fields(entries)?;
    let message = format!("this is one of the {collection} by itself, not a state file");
    let help = format!(
        "list it: `{collection}:`, then this map as an item that begins with `- `, and `_format_version: \"3.0\"` above"
    );
    Some(
        Diagnostic::error(DiagnosticCode::NotAStateFile, message)
            .at(span)
            .help(help),
    )
}

fn unknown_key_error(entry: &MapEntry, keys: &TopLevelKeys) -> Diagnostic {
    let unknown = Diagnostic::error(
        DiagnosticCode::UnknownKey,
        format!("there is no kind of entity called '{}'", entry.key),
    )
    .at(entry.key_span);
    match keys.suggest_key(&entry.key) {
        Some(suggestion) => unknown.help(format!("did you mean '{suggestion}'?")),
        None if entry.key.starts_with('_') => unknown.help("remarks go under `_comment`, anchors under `_ignore`"),
        None => unknown.help("parts that are only there for YAML anchors go under `_ignore`"),
    }
}
