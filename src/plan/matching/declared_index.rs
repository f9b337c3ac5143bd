use std::borrow::Cow;
use std::cell::OnceCell;

use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::PlanInput;
use crate::key::key_part;
use crate::live_index::{LiveIndex, Ownership, name_fields};
use schema::{Catalog, KindId};
use state::{DeclaredId, DesiredState};

/// Finds declared entities by id and by name. The indexes are made when they are first needed, since documents mostly nest
/// what belongs together.
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
    pub fn new(input: &PlanInput<'a>) -> Self {
        Self {
            catalog: input.catalog,
            desired: input.desired,
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

    /// Looks among the declared, then the owned, then the foreign. `stays` says whether an owned entity stays.
    pub(crate) fn resolve_link(
        &self,
        live: &LiveIndex<'_>,
        kind: KindId,
        text: &str,
        stays: impl Fn(Uuid) -> bool,
    ) -> LinkResolution {
        if let Some(declared) = self.find(kind, text) {
            return LinkResolution::Declared(declared);
        }
        let id = text.parse().ok();
        let found = id
            .and_then(|id| live.get(kind, id))
            .or_else(|| live.find_by_name(kind, text));
        match (found, id) {
            (Some(found), _) if found.ownership == Ownership::Managed && !stays(found.id) => {
                LinkResolution::Deleted(found.id)
            }
            (Some(found), _) => LinkResolution::Live(found.id),
            (None, Some(id)) if !live.is_readable(kind) => LinkResolution::Unreadable(id),
            (None, _) => LinkResolution::Missing,
        }
    }

    pub fn names(&self, kind: KindId) -> impl Iterator<Item = &str> {
        self.name_map()
            .get(&kind)
            .into_iter()
            .flat_map(|names| names.keys().map(AsRef::as_ref))
    }
}
