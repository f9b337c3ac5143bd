use std::collections::BTreeSet;

use super::Options;
use super::document::Document;
use super::problems::Problems;
use super::words::tags;
use crate::{Scope, ScopeId};
use yaml::{Diagnostic, Span};

/// The scopes of a run, and which document belongs to which.
pub(super) struct Scopes {
    /// Each scope once, in the order of the files.
    pub all: Vec<Scope>,
    /// The scope of each document; of those for which none could be found, the first.
    pub of_document: Vec<ScopeId>,
}

/// Finds the scope of every document.
///
/// The tags of the command line count for all of them. A document without tags takes the one scope that the others
/// declare. No scope may hold another.
pub(super) fn settle(documents: &[Document], options: &Options, problems: &mut Problems) -> Scopes {
    if !options.select_tags.is_empty() {
        return given(documents, &options.select_tags, problems);
    }
    let mut scopes = Scopes {
        all: Vec::new(),
        of_document: Vec::new(),
    };
    let mut declared: Vec<Span> = Vec::new();
    for (own, span) in documents.iter().filter_map(|document| document.select_tags.as_ref()) {
        if scopes.find(own).is_none() {
            scopes.all.push(Scope { tags: own.clone() });
            declared.push(*span);
        }
    }
    overlaps(&scopes.all, &declared, problems);
    if scopes.all.is_empty() {
        scopes.all.push(Scope::default());
        scopes.of_document = vec![ScopeId(0); documents.len()];
        return scopes;
    }
    for document in documents {
        let scope = match &document.select_tags {
            Some((own, _)) => scopes.find(own),
            None => adopted(document, &scopes.all, problems),
        };
        scopes.of_document.push(scope.unwrap_or(ScopeId(0)));
    }
    scopes
}

impl Scopes {
    fn find(&self, tags: &BTreeSet<String>) -> Option<ScopeId> {
        let at = self.all.iter().position(|scope| scope.tags == *tags)?;
        u32::try_from(at).ok().map(ScopeId)
    }
}

/// All documents belong to the scope that the command line names.
fn given(documents: &[Document], said: &BTreeSet<String>, problems: &mut Problems) -> Scopes {
    for (declared, span) in documents.iter().filter_map(|document| document.select_tags.as_ref()) {
        if declared != said {
            problems.tell(
                Diagnostic::error(
                    "select-tags",
                    format!(
                        "this file belongs to {}, and --select-tag says {}",
                        tags(declared),
                        tags(said)
                    ),
                )
                .at(*span)
                .help("leave one of the two out, or make them the same"),
            );
        }
    }
    Scopes {
        all: vec![Scope { tags: said.clone() }],
        of_document: vec![ScopeId(0); documents.len()],
    }
}

/// The scope that a document without tags takes.
fn adopted(document: &Document, scopes: &[Scope], problems: &mut Problems) -> Option<ScopeId> {
    if !document.says_something() {
        return None;
    }
    problems.tell(match scopes {
        [only] => Diagnostic::note(
            "scope-adopted",
            format!(
                "no `select_tags` are declared here: the file belongs to {}, as the others of this run",
                tags(&only.tags)
            ),
        )
        .at(document.span),
        _ => Diagnostic::error(
            "scope-unclear",
            format!(
                "no `select_tags` are declared here, and the other files of this run declare different ones: {}",
                scopes
                    .iter()
                    .map(|scope| tags(&scope.tags))
                    .collect::<Vec<_>>()
                    .join("; ")
            ),
        )
        .at(document.span)
        .help("say in this file to which it belongs: `_info: {select_tags: […]}`"),
    });
    None
}

/// Refuses scopes of which one holds all that the other owns.
fn overlaps(scopes: &[Scope], declared: &[Span], problems: &mut Problems) {
    for (at, outer) in scopes.iter().enumerate() {
        for (other, inner) in scopes.iter().enumerate() {
            if at != other && outer.contains(inner) {
                problems.tell(
                    Diagnostic::error(
                        "scope-unclear",
                        format!(
                            "one scope holds another: what bears {} bears {} too, and either file would delete what only the other declares",
                            tags(&inner.tags),
                            tags(&outer.tags)
                        ),
                    )
                    .at(declared[at])
                    .labelled("the one")
                    .at(declared[other])
                    .labelled("the other")
                    .help("give each scope a tag that the other has not, or run the files one after another"),
                );
            }
        }
    }
}
