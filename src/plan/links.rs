use uuid::Uuid;

use super::known::is_spectator;
use super::resolve::Target;
use super::settle::Settling;
use schema::{ForeignKeyValue, KindId};
use state::{DeclaredEntity, ForeignKeyTarget};
use yaml::{Diagnostic, Span};

impl<'a> Settling<'a, '_> {
    /// The foreign keys of a declared entity, and whether one of them is broken.
    pub(super) fn links(
        &mut self,
        declared: &'a DeclaredEntity,
        spectator: bool,
    ) -> (Vec<(&'a str, ForeignKeyValue)>, bool) {
        let kind = self.question.catalog.kind(declared.kind);
        let (mut links, mut broken) = (Vec::new(), false);
        for link in &declared.foreign_keys {
            let Some(foreign) = kind.foreign_fields.iter().find(|foreign| foreign.field == link.field) else {
                continue;
            };
            let held = match &link.target {
                ForeignKeyTarget::Null => Some(ForeignKeyValue::Null),
                ForeignKeyTarget::Parent(at) => self.result.found[at.0 as usize].map(ForeignKeyValue::Id),
                ForeignKeyTarget::Named(text) => self
                    .link(foreign.kind, text, link.span, spectator)
                    .map(ForeignKeyValue::Id),
                ForeignKeyTarget::List(texts) => {
                    let ids = texts
                        .iter()
                        .map(|(text, span)| self.link(foreign.kind, text, *span, spectator));
                    let ids = ids.collect::<Vec<_>>().into_iter();
                    ids.collect::<Option<Vec<_>>>().map(ForeignKeyValue::Ids)
                }
            };
            broken |= held.is_none();
            links.extend(held.map(|held| (link.field.as_str(), held)));
        }
        (links, broken)
    }

    fn link(&mut self, kind: KindId, text: &str, span: Span, spectator: bool) -> Option<Uuid> {
        let stays = |id| self.question.options.no_delete || self.result.claimed.contains(&(kind, id));
        let target = self.names.resolve(self.known, kind, text, stays);
        match target {
            Target::Live(id) => return Some(id),
            Target::Going(id) if spectator => return Some(id),
            Target::Declared(at) => {
                let found = self.result.found[at.0 as usize];
                if found.is_none() && is_spectator(self.question, self.question.desired.entity(at)) && !spectator {
                    self.dangling.add(kind, text, false, span);
                }
                return found;
            }
            Target::Unseen(id) => {
                let word = &self.question.catalog.kind(kind).name;
                let message = format!("whether there is a {word} '{id}' cannot be told: the token may not read those");
                self.result
                    .remarks
                    .push(Diagnostic::warning("not-checkable", message).at(span));
                return Some(id);
            }
            Target::Missing | Target::Going(_) if spectator => {}
            Target::Missing => self.dangling.add(kind, text, false, span),
            Target::Going(_) => self.dangling.add(kind, text, true, span),
        }
        None
    }
}
