//! From the nodes of files to what they declare.

mod check;
mod document;
mod duplicates;
mod entity;
mod fill;
mod filter;
mod format;
mod former;
mod header;
mod hint;
mod link;
mod merge;
mod nesting;
mod paths;
mod problems;
mod recognise;
mod refusal;
mod remedy;
mod scopes;
mod seal;
mod shared;
mod stranger;
mod value;
mod vocabulary;
mod words;

use std::collections::BTreeSet;

pub use check::{check, checkable};
pub use header::may_name_scopes;
pub use recognise::{Recognised, recognise};
pub use refusal::refused;

use document::Document;
use entity::Entities;
use problems::Problems;
use scopes::Scopes;
use shared::Shared;
use vocabulary::Vocabulary;

use super::{DeclaredId, Desired};
use schema::Catalog;
use yaml::{Diagnostic, FileId, Node, Severity};

/// How the documents of a run are to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--select-tag`: the documents belong to this scope, whatever they declare.
    pub select_tags: BTreeSet<String>,
    /// `--filter-tag`: only entities that bear all of these are acted on.
    pub filter_tags: BTreeSet<String>,
}

/// What the documents of a run say, and what is wrong with how they say it.
#[derive(Clone, Default)]
pub struct Reading {
    /// What they say: whole if nothing is wrong, else as much as could be read, good for further checks only.
    pub desired: Desired,
    /// What is wrong: errors only, in the order of the files.
    pub errors: Vec<Diagnostic>,
    /// Entities of which a part could not be read.
    pub flawed: BTreeSet<DeclaredId>,
}

/// Reads what documents declare: decK's format and Kong's own declarative one, of every version.
///
/// # Errors
/// Everything that is wrong with all of them, in the order of the files.
pub fn desired(files: Vec<(FileId, Node)>, options: &Options, catalog: &Catalog) -> Result<Desired, Vec<Diagnostic>> {
    let reading = read(files, options, catalog);
    if reading.errors.is_empty() {
        Ok(reading.desired)
    } else {
        Err(reading.errors)
    }
}

/// Reads as much as can be read of documents, so that further checks can tell everything else that is wrong, too.
pub fn read(files: Vec<(FileId, Node)>, options: &Options, catalog: &Catalog) -> Reading {
    let mut problems = Problems::default();
    let mut documents = open(files, catalog, &mut problems);
    format::settle(&mut documents, &mut problems);
    let scopes = scopes::settle(&documents, options, &mut problems);
    let shared = share(&mut documents, &scopes, catalog, &mut problems);
    let mut desired = Desired {
        filter: (!options.filter_tags.is_empty()).then(|| options.filter_tags.clone()),
        ..Desired::default()
    };
    let mut flawed = BTreeSet::new();
    for (mut document, &scope) in documents.into_iter().zip(&scopes.of_document) {
        let lists = std::mem::take(&mut document.lists);
        let mut entities = Entities {
            catalog,
            document: &document,
            shared: &shared[scope.0 as usize],
            scope: (scope, &scopes.all[scope.0 as usize]),
            entities: &mut desired.entities,
            flawed: &mut flawed,
            problems: &mut problems,
        };
        for (kind, entry) in lists {
            entities.list(kind, entry);
        }
    }
    desired.scopes = scopes.all;
    duplicates::find(&desired, catalog, &mut problems);
    filter::check(&desired, catalog, &mut problems);
    let (errors, remarks) = problems
        .finish()
        .into_iter()
        .partition(|one| one.severity == Severity::Error);
    desired.remarks = remarks;
    Reading {
        desired,
        errors,
        flawed,
    }
}

fn open(files: Vec<(FileId, Node)>, catalog: &Catalog, problems: &mut Problems) -> Vec<Document> {
    let vocabulary = Vocabulary::of(catalog);
    files
        .into_iter()
        .filter_map(|(_, root)| Document::open(root, &vocabulary, problems))
        .collect()
}

/// What the documents of each scope share, scope by scope.
fn share(documents: &mut [Document], scopes: &Scopes, catalog: &Catalog, problems: &mut Problems) -> Vec<Shared> {
    let mut shared: Vec<Shared> = scopes.all.iter().map(|_| Shared::default()).collect();
    for (document, scope) in documents.iter_mut().zip(&scopes.of_document) {
        shared[scope.0 as usize].take(document, catalog, problems);
    }
    shared
}
