use super::stranger::{remedy, stranger};
use super::vocabulary::{Vocabulary, Word};
use schema::Catalog;
use yaml::{Data, Diagnostic, Node};

/// Whether a file found in a folder is a state file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// It is, or it is meant to be: read it.
    State,
    /// It is something else: pass it over with this note.
    Other(Diagnostic),
}

/// Says whether a file is a state file: it has a known key at its top, or one that is nearly known.
///
/// Files that the user names are read whatever they are; what is wrong with them is told then.
pub fn recognise(root: &Node, catalog: &Catalog) -> Recognised {
    let passed_over = |what: &str| {
        Recognised::Other(Diagnostic::note("not-a-state-file", format!("passed over: this is {what}")).at(root.span))
    };
    if let Some(what) = stranger(root) {
        return passed_over(what);
    }
    let Data::Map(entries) = &root.data else {
        return match root.data {
            Data::Null => passed_over("an empty file"),
            _ => passed_over(&format!("not a state file, but {}", root.word())),
        };
    };
    let vocabulary = Vocabulary::of(catalog);
    let meant = entries
        .iter()
        .any(|entry| vocabulary.word(&entry.key) != Word::Unknown || vocabulary.nearly(&entry.key));
    if meant {
        Recognised::State
    } else {
        passed_over("no state file: not one of its keys is known")
    }
}

/// The error for a file that was named and is plainly something else.
pub(super) fn refused(root: &Node) -> Option<Diagnostic> {
    let what = stranger(root)?;
    let first = root.entries().first().map_or(root.span, |entry| entry.key_span);
    Some(
        Diagnostic::error("not-a-state-file", format!("this is {what}, not a state file"))
            .at(first)
            .help(remedy(what)),
    )
}
