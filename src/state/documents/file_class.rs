use super::other_formats::{detect_other_format, other_format_help};
use super::top_level_keys::{TopLevelKey, TopLevelKeys};
use schema::Catalog;
use yaml::{Diagnostic, DiagnosticCode, Node, NodeData};

/// Whether a file found in a folder is a state file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileClass {
    /// It is, or it is meant to be: read it.
    StateFile,
    /// It is something else: pass it over with this note.
    Other(Diagnostic),
}

/// Says whether a file is a state file: it has a known key at its top, or one that is nearly known.
///
/// Files that the user names are read whatever they are; what is wrong with them is told then.
pub fn classify_file(root: &Node, catalog: &Catalog) -> FileClass {
    let passed_over = |what: &str| {
        FileClass::Other(
            Diagnostic::note(DiagnosticCode::NotAStateFile, format!("passed over: this is {what}")).at(root.span),
        )
    };
    if let Some(what) = detect_other_format(root) {
        return passed_over(what);
    }
    let NodeData::Map(entries) = &root.data else {
        return match root.data {
            NodeData::Null => passed_over("an empty file"),
            _ => passed_over(&format!("not a state file, but {}", root.type_name())),
        };
    };
    let vocabulary = TopLevelKeys::from_catalog(catalog);
    let meant = entries.iter().any(|entry| {
        vocabulary.classify_key(&entry.key) != TopLevelKey::Unknown || vocabulary.resembles_known_key(&entry.key)
    });
    if meant {
        FileClass::StateFile
    } else {
        passed_over("no state file: not one of its keys is known")
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
