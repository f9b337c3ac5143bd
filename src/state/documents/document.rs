use std::collections::BTreeSet;

use super::format::{self, Format};
use super::header;
use super::problems::Problems;
use super::recognise;
use super::vocabulary::{Vocabulary, Word};
use schema::KindId;
use yaml::{Data, Diagnostic, Entry, Node, Span};

/// One file, its top read: how to read the rest of it, and the lists of entities, not yet read.
pub(super) struct Document {
    /// Where to point for the document as a whole.
    pub span: Span,
    /// Its version, once it is known.
    pub format: Option<Format>,
    /// Whether it declares a version that there is not.
    pub format_refused: bool,
    /// Its select tags, and where they are declared.
    pub select_tags: Option<(BTreeSet<String>, Span)>,
    /// What entities of a kind have unless they say otherwise (`_info.defaults`): the kind, and a map.
    pub defaults: Vec<(KindId, Node)>,
    /// Named configurations that plugins refer to.
    pub plugin_configs: Vec<Entry>,
    /// `_transform: false`: passwords are said to be hashed already.
    pub keeps_hashes: Option<Span>,
    /// The lists of entities.
    pub lists: Vec<(KindId, Entry)>,
}

impl Document {
    /// Reads the top of a document. `None` if there is nothing in it that could be read.
    pub fn open(root: Node, vocabulary: &Vocabulary, problems: &mut Problems) -> Option<Self> {
        if let Some(refusal) = recognise::refused(&root) {
            problems.tell(refusal);
            return None;
        }
        let span = first_key(&root);
        let Data::Map(entries) = root.data else {
            problems.tell(not_a_map(&root));
            return None;
        };
        if let Some(refusal) = lone_entity(&entries, span, vocabulary) {
            problems.tell(refusal);
            return None;
        }
        let mut document = Self::new(span);
        for entry in entries {
            document.take(entry, vocabulary, problems);
        }
        Some(document)
    }

    /// Whether it says anything that belongs to a scope.
    pub fn says_something(&self) -> bool {
        !(self.lists.is_empty() && self.defaults.is_empty() && self.plugin_configs.is_empty())
    }

    fn new(span: Span) -> Self {
        Self {
            span,
            format: None,
            format_refused: false,
            select_tags: None,
            defaults: Vec::new(),
            plugin_configs: Vec::new(),
            keeps_hashes: None,
            lists: Vec::new(),
        }
    }

    fn take(&mut self, entry: Entry, vocabulary: &Vocabulary, problems: &mut Problems) {
        match vocabulary.word(&entry.key) {
            Word::Header => self.header(entry, vocabulary, problems),
            Word::Kind(kind) => self.lists.push((kind, entry)),
            Word::Elsewhere(what) => problems.tell(
                Diagnostic::error(
                    "not-managed",
                    format!("`{}` are {what}, which strongroom does not manage", entry.key),
                )
                .at(entry.key_span)
                .help("take them out of this file; what lists them elsewhere stays as it is"),
            ),
            Word::Unknown => problems.tell(unknown(&entry, vocabulary)),
        }
    }

    fn header(&mut self, entry: Entry, vocabulary: &Vocabulary, problems: &mut Problems) {
        match entry.key.as_str() {
            "_format_version" => {
                self.format = format::read(&entry.value, problems);
                self.format_refused = self.format.is_none();
            }
            "_info" => header::info(self, entry, vocabulary, problems),
            "_plugin_configs" => self.plugin_configs = header::plugin_configs(entry, problems),
            "_workspace" => header::workspace(&entry.value, problems),
            "_konnect" => problems.tell(
                Diagnostic::note(
                    "konnect",
                    "`_konnect` names a control plane of Konnect; this run talks to the address it was given",
                )
                .at(entry.key_span),
            ),
            "_transform" => self.keeps_hashes = header::transform(&entry.value, problems),
            // remarks of people, read by nobody
            _ => {}
        }
    }
}

/// The place of a map's first key, which is a better place to point at than the whole of the map.
pub(super) fn first_key(node: &Node) -> Span {
    node.entries().first().map_or(node.span, |entry| entry.key_span)
}

fn not_a_map(root: &Node) -> Diagnostic {
    let message = match root.data {
        Data::Null => "there is nothing in it".to_owned(),
        _ => format!("this is {}, not a state file", root.word()),
    };
    Diagnostic::error("not-a-state-file", message)
        .at(root.span)
        .help("a state file is a map: `_format_version: \"3.0\"`, then `services`, `routes`, `plugins` …; with the version alone it says that nothing should be")
}

/// The error for a map that is one entity without its list.
fn lone_entity(entries: &[Entry], span: Span, vocabulary: &Vocabulary) -> Option<Diagnostic> {
    let words = || entries.iter().map(|entry| vocabulary.word(&entry.key));
    if words().any(|word| word == Word::Header) || words().all(|word| word != Word::Unknown) {
        return None;
    }
    let list = vocabulary.list_of(entries)?;
    let message = format!("this is one of the {list} by itself, not a state file");
    let help = format!(
        "list it: `{list}:`, then this map as an item that begins with `- `, and `_format_version: \"3.0\"` above"
    );
    Some(Diagnostic::error("not-a-state-file", message).at(span).help(help))
}

fn unknown(entry: &Entry, vocabulary: &Vocabulary) -> Diagnostic {
    let unknown = Diagnostic::error(
        "unknown-key",
        format!("there is no kind of entity called '{}'", entry.key),
    )
    .at(entry.key_span);
    match vocabulary.nearest(&entry.key) {
        Some(near) => unknown.help(format!("did you mean '{near}'?")),
        None if entry.key.starts_with('_') => unknown.help("remarks go under `_comment`, anchors under `_ignore`"),
        None => unknown.help("parts that are only there for YAML anchors go under `_ignore`"),
    }
}
