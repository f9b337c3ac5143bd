use serde_json::Value;
use uuid::Uuid;

use super::known::is_spectator;
use super::resolve::Target;
use super::settle::Settling;
use crate::schema::{KindId, Object};
use crate::state::{Declared, Diagnostic, LinkTo, Span};

impl Settling<'_, '_> {
    /// The foreign keys of a declared entity, and whether one of them is broken.
    pub(super) fn links(&mut self, declared: &Declared, spectator: bool) -> (Vec<(String, Value)>, bool) {
        let kind = self.question.catalog.kind(declared.kind);
        let (mut links, mut broken) = (Vec::new(), false);
        for link in &declared.links {
            let Some(foreign) = kind.foreign.iter().find(|foreign| foreign.field == link.field) else {
                continue;
            };
            let value = match &link.to {
                LinkTo::Nothing => Some(Value::Null),
                LinkTo::Declared(at) => self.result.found[at.0 as usize].map(link_to),
                LinkTo::Named(text) => self.link(foreign.kind, text, link.span, spectator).map(link_to),
                LinkTo::List(texts) => {
                    let ids = texts
                        .iter()
                        .map(|(text, span)| self.link(foreign.kind, text, *span, spectator));
                    ids.collect::<Vec<_>>()
                        .into_iter()
                        .collect::<Option<Vec<_>>>()
                        .map(|ids| ids.iter().map(Uuid::to_string).collect())
                }
            };
            broken |= value.is_none();
            links.extend(value.map(|value| (link.field.clone(), value)));
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

fn link_to(id: Uuid) -> Value {
    Value::Object(Object::from_iter([("id".to_owned(), Value::from(id.to_string()))]))
}
