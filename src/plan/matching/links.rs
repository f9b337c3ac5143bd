use std::cell::OnceCell;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::declared_index::{DeclaredIndex, LinkResolution};
use super::{EntityMatcher, UnmatchedEntity};
use crate::live_index::{LiveIndex, is_reference_only};
use crate::{PlanError, PlanInput};
use schema::{ForeignField, ForeignKeyValue, KindId};
use state::{DeclaredEntity, DeclaredId, ForeignKeyTarget};
use yaml::{Diagnostic, DiagnosticCode, Span, suggest_similar};

/// A foreign key of a declared entity.
struct DeclaredLink<'a> {
    declared: &'a DeclaredEntity,
    foreign: &'a ForeignField,
    reference_only: bool,
}

impl<'a> EntityMatcher<'a, '_> {
    /// A declared entity with the foreign keys that could be resolved.
    pub(super) fn unmatched_entity(&mut self, at: DeclaredId) -> UnmatchedEntity<'a> {
        let declared = self.input.desired.entity(at);
        let reference_only = is_reference_only(self.input, declared);
        let (foreign_keys, has_dangling_link) = self.resolve_links(declared, reference_only);
        UnmatchedEntity {
            declared_id: at,
            declared,
            foreign_keys,
            desired: OnceCell::new(),
            has_dangling_link,
            reference_only,
        }
    }

    /// The foreign keys of a declared entity, and whether one of them is broken.
    fn resolve_links(
        &mut self,
        declared: &'a DeclaredEntity,
        reference_only: bool,
    ) -> (Vec<(&'a str, ForeignKeyValue)>, bool) {
        let kind = self.input.catalog.kind(declared.kind);
        let (mut resolved, mut is_broken) = (Vec::new(), false);
        for key in &declared.foreign_keys {
            let Some(foreign) = kind.foreign_fields.iter().find(|foreign| foreign.field == key.field) else {
                continue;
            };
            let link = DeclaredLink {
                declared,
                foreign,
                reference_only,
            };
            let value = match &key.target {
                ForeignKeyTarget::Null => Some(ForeignKeyValue::Null),
                ForeignKeyTarget::Parent(at) => self.entity_ids[at.0 as usize].map(ForeignKeyValue::Id),
                ForeignKeyTarget::Named(text) => self.resolve_link(&link, text, key.span).map(ForeignKeyValue::Id),
                ForeignKeyTarget::List(texts) => {
                    let ids = texts.iter().map(|(text, span)| self.resolve_link(&link, text, *span));
                    let ids = ids.collect::<Vec<_>>().into_iter(); // all of them, so that every broken one is reported
                    ids.collect::<Option<Vec<_>>>().map(ForeignKeyValue::Ids)
                }
            };
            is_broken |= value.is_none();
            resolved.extend(value.map(|value| (key.field.as_str(), value)));
        }
        (resolved, is_broken)
    }

    fn resolve_link(&mut self, link: &DeclaredLink<'_>, text: &str, span: Span) -> Option<Uuid> {
        let kind = link.foreign.kind;
        let stays = |id| self.input.options.no_delete || self.claimed.contains(&(kind, id));
        match self.declared_index.resolve_link(self.live, kind, text, stays) {
            LinkResolution::Live(id) => Some(id),
            LinkResolution::Declared(at) => self.resolve_declared(link, at, text, span),
            LinkResolution::Unreadable(id) => {
                let kind_name = &self.input.catalog.kind(kind).name;
                let message =
                    format!("whether there is a {kind_name} '{id}' cannot be told: the token may not read those");
                self.diagnostics
                    .push(Diagnostic::warning(DiagnosticCode::NotCheckable, message).at(span));
                Some(id)
            }
            LinkResolution::Deleted(id) if link.reference_only => Some(id),
            LinkResolution::Deleted(_) => {
                self.dangling.add(kind, text, true, span);
                None
            }
            LinkResolution::Missing => {
                self.note_unresolved(link, text);
                if !link.reference_only {
                    self.dangling.add(kind, text, false, span);
                }
                None
            }
        }
    }

    /// The id of a declared entity that another refers to. One that is only referred to may not be there.
    fn resolve_declared(&mut self, link: &DeclaredLink<'_>, at: DeclaredId, text: &str, span: Span) -> Option<Uuid> {
        let id = self.entity_ids[at.0 as usize];
        if id.is_none() && link.reference_only {
            self.note_unresolved(link, text);
        } else if id.is_none() && is_reference_only(self.input, self.input.desired.entity(at)) {
            self.dangling.add(link.foreign.kind, text, false, span);
        }
        id
    }

    /// Notes what a foreign key may point at outside the scopes. Unless the referring entity declares its id, it cannot be
    /// matched either until that is known.
    fn note_unresolved(&mut self, link: &DeclaredLink<'_>, text: &str) {
        let DeclaredLink { declared, foreign, .. } = link;
        let kind = self.input.catalog.kind(declared.kind);
        self.unresolved.foreign_kinds.insert(foreign.kind);
        if declared.id.is_none() {
            self.unresolved.foreign_kinds.insert(declared.kind);
        }
        if kind.parent.as_ref() == Some(&foreign.field) {
            let parents = self.unresolved.parents_by_kind.entry(declared.kind).or_default();
            parents.insert(text.to_owned());
        }
    }
}

/// Foreign keys that point at nothing: one diagnostic for each entity that is missing, with all that refer to it.
#[derive(Default)]
pub(super) struct DanglingReferences {
    spans_by_target: BTreeMap<(KindId, String, bool), Vec<Span>>,
}

impl DanglingReferences {
    pub fn add(&mut self, kind: KindId, text: &str, is_deleted: bool, span: Span) {
        self.spans_by_target
            .entry((kind, text.to_owned(), is_deleted))
            .or_default()
            .push(span);
    }

    pub(crate) fn into_errors(
        self,
        input: &PlanInput<'_>,
        live: &LiveIndex<'_>,
        declared_index: &DeclaredIndex<'_>,
    ) -> Vec<PlanError> {
        let to_error = |((kind, text, is_deleted), spans): ((KindId, String, bool), Vec<Span>)| {
            let kind_name = &input.catalog.kind(kind).name;
            let diagnostic = if is_deleted {
                let message = format!("the {kind_name} '{text}' is declared nowhere, so this run would delete it");
                Diagnostic::error(DiagnosticCode::DanglingReference, message)
                    .help(format!("declare the {kind_name}, or drop the reference to it"))
            } else {
                let diagnostic = Diagnostic::error(
                    DiagnosticCode::DanglingReference,
                    format!("there is no {kind_name} '{text}'"),
                );
                match suggest_similar(&text, declared_index.names(kind).chain(live.names(kind))) {
                    Some(similar) => diagnostic.help(format!("did you mean '{similar}'?")),
                    None => diagnostic.help(format!(
                        "declare the {kind_name}, or name one that the control plane holds"
                    )),
                }
            };
            PlanError::invalid(spans.into_iter().fold(diagnostic, Diagnostic::at))
        };
        self.spans_by_target.into_iter().map(to_error).collect()
    }
}
