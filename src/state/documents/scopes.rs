use std::collections::BTreeSet;

use super::StateOptions;
use super::diagnostics::DocumentDiagnostics;
use super::document::StateDocument;
use super::phrases::quote_tags;
use crate::{Scope, ScopeId};
use yaml::{Diagnostic, DiagnosticCode, Span};

/// The scopes of a run, and which document belongs to which.
pub(super) struct ScopeAssignment {
    /// Each scope once, in the order of the files.
    pub(super) scopes: Vec<Scope>,
    /// The scope of each document; of those for which none could be found, the first.
    pub(super) by_document: Vec<ScopeId>,
}

/// Finds the scope of every document.
///
/// The tags of the command line count for all of them. A document without tags takes the one scope that the others
/// declare. No scope may hold another.
pub(super) fn assign_scopes(
    documents: &[StateDocument],
    options: &StateOptions,
    diagnostics: &mut DocumentDiagnostics,
) -> ScopeAssignment {
    if !options.select_tags.is_empty() {
        return assign_selected_scope(documents, &options.select_tags, diagnostics);
    }
    let mut scopes = ScopeAssignment {
        scopes: Vec::new(),
        by_document: Vec::new(),
    };
    let mut declared: Vec<Span> = Vec::new();
    for (tags, span) in documents.iter().filter_map(|document| document.select_tags.as_ref()) {
        if scopes.find_scope(tags).is_none() {
            scopes.scopes.push(Scope { tags: tags.clone() });
            declared.push(*span);
        }
    }
    report_overlaps(&scopes.scopes, &declared, diagnostics);
    if scopes.scopes.is_empty() {
        scopes.scopes.push(Scope::default());
        scopes.by_document = vec![ScopeId(0); documents.len()];
        return scopes;
    }
    for document in documents {
        let scope = match &document.select_tags {
            Some((tags, _)) => scopes.find_scope(tags),
            None => report_undeclared_scope(document, &scopes.scopes, diagnostics),
        };
        scopes.by_document.push(scope.unwrap_or(ScopeId(0)));
    }
    scopes
}

impl ScopeAssignment {
    fn find_scope(&self, tags: &BTreeSet<String>) -> Option<ScopeId> {
        let index = self.scopes.iter().position(|scope| scope.tags == *tags)?;
        u32::try_from(index).ok().map(ScopeId)
    }
}

/// All documents belong to the scope that the command line names.
fn assign_selected_scope(
    documents: &[StateDocument],
    selected: &BTreeSet<String>,
    diagnostics: &mut DocumentDiagnostics,
) -> ScopeAssignment {
    for (declared, span) in documents.iter().filter_map(|document| document.select_tags.as_ref()) {
        if declared != selected {
            diagnostics.add(
                Diagnostic::error(
                    DiagnosticCode::SelectTags,
                    format!(
                        "this file belongs to {}, and --select-tag says {}",
                        quote_tags(declared),
                        quote_tags(selected)
                    ),
                )
                .at(*span)
                .help("leave one of the two out, or make them the same"),
            );
        }
    }
    ScopeAssignment {
        scopes: vec![Scope { tags: selected.clone() }],
        by_document: vec![ScopeId(0); documents.len()],
    }
}

/// Reports which scope a document without tags takes: that of the others, if there is one.
fn report_undeclared_scope(
    document: &StateDocument,
    scopes: &[Scope],
    diagnostics: &mut DocumentDiagnostics,
) -> Option<ScopeId> {
    if !document.has_content() {
        return None;
    }
    diagnostics.add(match scopes {
        [only] => Diagnostic::note(
            DiagnosticCode::ScopeAdopted,
            format!(
                "no `select_tags` are declared here: the file belongs to {}, as the others of this run",
                quote_tags(&only.tags)
            ),
        )
        .at(document.span),
        _ => Diagnostic::error(
            DiagnosticCode::ScopeUnclear,
            format!(
                "no `select_tags` are declared here, and the other files of this run declare different ones: {}",
                scopes
                    .iter()
                    .map(|scope| quote_tags(&scope.tags))
                    .collect::<Vec<_>>()
                    .join("; ")
            ),
        )
        .at(document.span)
        .help("say in this file to which it belongs: `_info: {select_tags: […]}`"),
    });
    None
}

/// Reports scopes of which one contains the other.
fn report_overlaps(scopes: &[Scope], declared: &[Span], diagnostics: &mut DocumentDiagnostics) {
    for (at, outer) in scopes.iter().enumerate() {
        for (other, inner) in scopes.iter().enumerate() {
            if at != other && outer.contains(inner) {
                diagnostics.add(
                    Diagnostic::error(
                        DiagnosticCode::ScopeUnclear,
                        format!(
                            "one scope holds another: what bears {} bears {} too, and either file would delete what only the other declares",
                            quote_tags(&inner.tags),
                            quote_tags(&outer.tags)
                        ),
                    )
                    .at(declared[at])
                    .label("the one")
                    .at(declared[other])
                    .label("the other")
                    .help("give each scope a tag that the other has not, or run the files one after another"),
                );
            }
        }
    }
}
