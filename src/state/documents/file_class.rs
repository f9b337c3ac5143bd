use super::other_formats::{detect_other_format, other_format_help};
use super::top_level_keys::{TopLevelKey, TopLevelKeys};
use schema::Catalog;
use yaml::{Diagnostic, DiagnosticCode, Node, NodeData};

/// Whether a file found in a folder is a state file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileClass {
    /// It is, or it is meant to be: read it.
    StateFile,
    /// It is something else: skip it with this note.
    Other(Diagnostic),
}

/// Classifies a file: a state file has a known key at its top level, or one that is nearly known.
///
/// Files that the user names are read whatever they are; what is wrong with them is reported then.
pub fn classify_file(root: &Node, catalog: &Catalog) -> FileClass {
    let skipped = |what: &str| {
        FileClass::Other(
            Diagnostic::note(DiagnosticCode::NotAStateFile, format!("passed over: this is {what}")).at(root.span),
        )
    };
    if let Some(what) = detect_other_format(root) {
        return skipped(what);
    }
    let NodeData::Map(entries) = &root.data else {
        return match root.data {
            NodeData::Null => skipped("an empty file"),
            _ => skipped(&format!("not a state file, but {}", root.type_name())),
        };
    };
    let keys = TopLevelKeys::from_catalog(catalog);
    let is_state_file = entries
        .iter()
        .any(|entry| keys.classify_key(&entry.key) != TopLevelKey::Unknown || keys.resembles_known_key(&entry.key));
    if is_state_file {
        FileClass::StateFile
    } else {
        skipped("no state file: not one of its keys is known")
    }
}

/// The error for a file that was named and is plainly something else.
pub(super) fn other_format_error(root: &Node) -> Option<Diagnostic> {
    let what = detect_other_format(root)?;
    let first = root.entries().first().map_or(root.span, |entry| entry.key_span);
    Some(
        Diagnostic::error(
            DiagnosticCode::NotAStateFile,
            format!("this is {what}, not a state file"),
        )
        .at(first)
        .help(other_format_help(what)),
    )
}
