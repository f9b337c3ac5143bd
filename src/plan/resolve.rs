use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::key::key_part;
use super::live_index::{LiveIndex, Ownership, name_fields};
use super::{PlanError, PlanInput};
use schema::{Catalog, KindId};
use state::{DeclaredId, DesiredState};
use yaml::{Diagnostic, DiagnosticCode, Span, suggest_similar};

/// The declared entities, to be found by id and by name: which ones, is found out when it is first asked for, since
/// documents mostly nest what belongs together.
pub(super) struct DeclaredIndex<'a> {
    catalog: &'a Catalog,
    desired: &'a DesiredState,
    by_id: OnceCell<FxHashMap<(KindId, Uuid), DeclaredId>>,
    by_name: OnceCell<DeclaredNameMap<'a>>,
}

type DeclaredNameMap<'a> = FxHashMap<KindId, FxHashMap<Cow<'a, str>, DeclaredId>>;

/// What a declared foreign key points at.
pub(super) enum LinkResolution {
    /// An entity that the documents declare.
    Declared(DeclaredId),
    /// An entity of the control plane.
    Live(Uuid),
    /// An id that cannot be looked up, because its kind cannot be read.
    Unreadable(Uuid),
    /// Nothing: there is no such entity.
    Missing,
    /// Nothing: the entity is there, but this run deletes it.
    Deleted(Uuid),
}

impl<'a> DeclaredIndex<'a> {
    pub fn new(question: &PlanInput<'a>) -> Self {
        Self {
            catalog: question.catalog,
            desired: question.desired,
            by_id: OnceCell::new(),
            by_name: OnceCell::new(),
        }
    }

    /// The declared entity with that id or name.
    pub fn find(&self, kind: KindId, text: &str) -> Option<DeclaredId> {
        let by_id = text.parse().ok().and_then(|id: Uuid| self.id_map().get(&(kind, id)));
        by_id.or_else(|| self.name_map().get(&kind)?.get(text)).copied()
    }

    fn id_map(&self) -> &FxHashMap<(KindId, Uuid), DeclaredId> {
        self.by_id.get_or_init(|| {
            let mut by_id = FxHashMap::default();
            for (at, declared) in (0..).map(DeclaredId).zip(&self.desired.entities) {
                if let Some(id) = declared.id {
                    by_id.entry((declared.kind, id)).or_insert(at);
                }
            }
            by_id
        })
    }

    fn name_map(&self) -> &DeclaredNameMap<'a> {
        self.by_name.get_or_init(|| {
            let mut by_name = DeclaredNameMap::default();
            for (at, declared) in (0..).map(DeclaredId).zip(&self.desired.entities) {
                let names = by_name.entry(declared.kind).or_default();
                for field in name_fields(self.catalog.kind(declared.kind)) {
                    if let Some(name) = declared.body.expose().get(field).and_then(key_part) {
                        names.entry(name).or_insert(at);
                    }
                }
            }
            by_name
        })
    }

    /// Looks among the desired, then the owned, then the foreign. `stays` says whether an owned entity stays.
    pub fn resolve_link(
        &self,
        known: &LiveIndex<'_>,
        kind: KindId,
        text: &str,
        stays: impl Fn(Uuid) -> bool,
    ) -> LinkResolution {
        if let Some(declared) = self.find(kind, text) {
            return LinkResolution::Declared(declared);
        }
        let id = text.parse().ok();
        let holder = id
            .and_then(|id| known.get(kind, id))
            .or_else(|| known.find_by_name(kind, text));
        match (holder, id) {
            (Some(holder), _) if holder.ownership == Ownership::Managed && !stays(holder.id) => {
                LinkResolution::Deleted(holder.id)
            }
            (Some(holder), _) => LinkResolution::Live(holder.id),
            (None, Some(id)) if !known.is_readable(kind) => LinkResolution::Unreadable(id),
            (None, _) => LinkResolution::Missing,
        }
    }

    fn names(&self, kind: KindId) -> impl Iterator<Item = &str> {
        self.name_map()
            .get(&kind)
            .into_iter()
            .flat_map(|names| names.keys().map(AsRef::as_ref))
    }
}

/// Foreign keys that point at nothing: one diagnostic for each thing that is not there, with all places that ask for it.
#[derive(Default)]
pub(super) struct DanglingReferences {
    spans_by_target: BTreeMap<(KindId, String, bool), Vec<Span>>,
}

impl DanglingReferences {
    pub fn add(&mut self, kind: KindId, text: &str, going: bool, span: Span) {
        self.spans_by_target
            .entry((kind, text.to_owned(), going))
            .or_default()
            .push(span);
    }

    pub fn into_errors(
        self,
        question: &PlanInput<'_>,
        known: &LiveIndex<'_>,
        names: &DeclaredIndex<'_>,
    ) -> Vec<PlanError> {
        let describe = |((kind, text, going), spans): ((KindId, String, bool), Vec<Span>)| {
            let word = &question.catalog.kind(kind).name;
            let diagnostic = if going {
                let message = format!("the {word} '{text}' is declared nowhere, so this run would delete it");
                Diagnostic::error(DiagnosticCode::DanglingReference, message)
                    .help(format!("declare the {word}, or drop the reference to it"))
            } else {
                let diagnostic = Diagnostic::error(
                    DiagnosticCode::DanglingReference,
                    format!("there is no {word} '{text}'"),
                );
                match suggest_similar(&text, names.names(kind).chain(known.names(kind))) {
                    Some(near) => diagnostic.help(format!("did you mean '{near}'?")),
                    None => diagnostic.help(format!("declare the {word}, or name one that the control plane holds")),
                }
            };
            PlanError::invalid(spans.into_iter().fold(diagnostic, Diagnostic::at))
        };
        self.spans_by_target.into_iter().map(describe).collect()
    }
}
