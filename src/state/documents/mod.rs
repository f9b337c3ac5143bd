//! Reads nodes into declared entities. A file becomes a `StateDocument`, each map in its lists a `PartialEntity`, and that,
//! linked and tagged, a [`DeclaredEntity`](crate::DeclaredEntity) of the [`DesiredState`].

mod apply_defaults;
mod check;
mod diagnostics;
mod document;
mod duplicates;
mod entity;
mod entity_rules;
mod error_help;
mod field_hints;
mod file_class;
mod filter_tags;
mod foreign_key;
mod format_version;
mod header;
mod invalid_entity;
mod legacy;
mod legacy_paths;
mod merge;
mod nesting;
mod other_formats;
mod phrases;
mod scopes;
mod shared_defaults;
mod top_level_keys;
mod value;

use std::collections::BTreeSet;

pub use check::{body_for_check, check_entities};
pub use file_class::{FileClass, classify_file};
pub use header::may_declare_select_tags;
pub use invalid_entity::rejection_diagnostic;

use diagnostics::DocumentDiagnostics;
use document::StateDocument;
use entity::EntityReader;
use scopes::ScopeAssignment;
use shared_defaults::SharedDefaults;
use top_level_keys::TopLevelKeys;

use super::{DeclaredId, DesiredState};
use schema::Catalog;
use yaml::{Diagnostic, FileId, Node, Severity};

/// How the documents of a run are to be read.
#[derive(Clone, Debug, Default)]
pub struct StateOptions {
    /// `--select-tag`: the documents belong to this scope, whatever they declare.
    pub select_tags: BTreeSet<String>,
    /// `--filter-tag`: only entities that bear all of these are acted on.
    pub filter_tags: BTreeSet<String>,
}

/// What the documents of a run declare, and what is wrong with them.
#[derive(Clone, Default)]
pub struct ParsedState {
    /// What they declare: complete if nothing is wrong, else as much as could be read, good for further checks only.
    pub desired: DesiredState,
    /// What is wrong: errors only, in the order of the files.
    pub errors: Vec<Diagnostic>,
    /// Entities of which a part could not be read.
    pub incomplete: BTreeSet<DeclaredId>,
}

/// Reads what documents declare: decK's format and Kong's own declarative one, of every version.
///
/// # Errors
/// Everything that is wrong with all of them, in the order of the files.
pub fn read_desired_state(
    files: Vec<(FileId, Node)>,
    options: &StateOptions,
    catalog: &Catalog,
) -> Result<DesiredState, Vec<Diagnostic>> {
    let parsed = read_documents(files, options, catalog);
    if parsed.errors.is_empty() {
        Ok(parsed.desired)
    } else {
        Err(parsed.errors)
    }
}

/// Reads as much as can be read of documents, so that further checks can report everything else that is wrong, too.
pub fn read_documents(files: Vec<(FileId, Node)>, options: &StateOptions, catalog: &Catalog) -> ParsedState {
    let mut diagnostics = DocumentDiagnostics::default();
    let mut documents = open_documents(files, catalog, &mut diagnostics);
    format_version::fill_missing_versions(&mut documents, &mut diagnostics);
    let scopes = scopes::assign_scopes(&documents, options, &mut diagnostics);
    let shared = collect_shared_defaults(&mut documents, &scopes, catalog, &mut diagnostics);
    let mut desired = DesiredState {
        filter_tags: (!options.filter_tags.is_empty()).then(|| options.filter_tags.clone()),
        ..DesiredState::default()
    };
    let mut incomplete = BTreeSet::new();
    for (mut document, &scope) in documents.into_iter().zip(&scopes.by_document) {
        let lists = std::mem::take(&mut document.entity_lists);
        let mut entities = EntityReader {
            catalog,
            document: &document,
            shared: &shared[scope.0 as usize],
            scope: (scope, &scopes.scopes[scope.0 as usize]),
            entities: &mut desired.entities,
            incomplete: &mut incomplete,
            diagnostics: &mut diagnostics,
        };
        for (kind, entry) in lists {
            entities.read_list(kind, entry);
        }
    }
    desired.scopes = scopes.scopes;
    duplicates::report_duplicates(&desired, catalog, &mut diagnostics);
    filter_tags::check_filter_tags(&desired, catalog, &mut diagnostics);
    let (errors, others) = diagnostics
        .into_diagnostics()
        .into_iter()
        .partition(|diagnostic| diagnostic.severity == Severity::Error);
    desired.diagnostics = others;
    ParsedState {
        desired,
        errors,
        incomplete,
    }
}

fn open_documents(
    files: Vec<(FileId, Node)>,
    catalog: &Catalog,
    diagnostics: &mut DocumentDiagnostics,
) -> Vec<StateDocument> {
    let keys = TopLevelKeys::from_catalog(catalog);
    files
        .into_iter()
        .filter_map(|(_, root)| StateDocument::from_node(root, &keys, diagnostics))
        .collect()
}

/// What the documents of each scope share, scope by scope.
fn collect_shared_defaults(
    documents: &mut [StateDocument],
    scopes: &ScopeAssignment,
    catalog: &Catalog,
    diagnostics: &mut DocumentDiagnostics,
) -> Vec<SharedDefaults> {
    let mut shared: Vec<SharedDefaults> = scopes.scopes.iter().map(|_| SharedDefaults::default()).collect();
    for (document, scope) in documents.iter_mut().zip(&scopes.by_document) {
        shared[scope.0 as usize].add_document(document, catalog, diagnostics);
    }
    shared
}
