use uuid::Uuid;

use super::live_index::is_reference_only;
use super::matching::EntityMatcher;
use super::resolve::LinkResolution;
use schema::{ForeignKeyValue, KindId};
use state::{DeclaredEntity, ForeignKeyTarget};
use yaml::{Diagnostic, DiagnosticCode, Span};

impl<'a> EntityMatcher<'a, '_> {
    /// The foreign keys of a declared entity, and whether one of them is broken.
    pub(super) fn resolve_links(
        &mut self,
        declared: &'a DeclaredEntity,
        spectator: bool,
    ) -> (Vec<(&'a str, ForeignKeyValue)>, bool) {
        let kind = self.input.catalog.kind(declared.kind);
        let (mut links, mut broken) = (Vec::new(), false);
        for link in &declared.foreign_keys {
            let Some(foreign) = kind.foreign_fields.iter().find(|foreign| foreign.field == link.field) else {
                continue;
            };
            let held = match &link.target {
                ForeignKeyTarget::Null => Some(ForeignKeyValue::Null),
                ForeignKeyTarget::Parent(at) => self.result.entity_ids[at.0 as usize].map(ForeignKeyValue::Id),
                ForeignKeyTarget::Named(text) => self
                    .resolve_link(foreign.kind, text, link.span, spectator)
                    .map(ForeignKeyValue::Id),
                ForeignKeyTarget::List(texts) => {
                    let ids = texts
                        .iter()
                        .map(|(text, span)| self.resolve_link(foreign.kind, text, *span, spectator));
                    let ids = ids.collect::<Vec<_>>().into_iter();
                    ids.collect::<Option<Vec<_>>>().map(ForeignKeyValue::Ids)
                }
            };
            broken |= held.is_none();
            links.extend(held.map(|held| (link.field.as_str(), held)));
        }
        (links, broken)
    }

    fn resolve_link(&mut self, kind: KindId, text: &str, span: Span, spectator: bool) -> Option<Uuid> {
        let stays = |id| self.input.options.no_delete || self.result.claimed.contains(&(kind, id));
        let target = self.declared_index.resolve_link(self.live, kind, text, stays);
        match target {
            LinkResolution::Live(id) => return Some(id),
            LinkResolution::Deleted(id) if spectator => return Some(id),
            LinkResolution::Declared(at) => {
                let found = self.result.entity_ids[at.0 as usize];
                if found.is_none() && is_reference_only(self.input, self.input.desired.entity(at)) && !spectator {
                    self.dangling.add(kind, text, false, span);
                }
                return found;
            }
            LinkResolution::Unreadable(id) => {
                let word = &self.input.catalog.kind(kind).name;
                let message = format!("whether there is a {word} '{id}' cannot be told: the token may not read those");
                self.result
                    .diagnostics
                    .push(Diagnostic::warning(DiagnosticCode::NotCheckable, message).at(span));
                return Some(id);
            }
            LinkResolution::Missing | LinkResolution::Deleted(_) if spectator => {}
            LinkResolution::Missing => self.dangling.add(kind, text, false, span),
            LinkResolution::Deleted(_) => self.dangling.add(kind, text, true, span),
        }
        None
    }
}
