//! What references resolve to, of every entity that will stand or is declared.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::entity_view::{with_declared_view, with_planned_view};
use super::verify::VerifyContext;
use json::parallel::par_map_chunks;
use json::{Object, Value, prefetch_chunked};
use plan::{self, Plan, PlannedState};
use plan::{LiveEntity, LiveState};
use reference::{Assessment, CertificateFields, ContentChecker, EntityIssue, EntityView, ExpiryWindow, ResolvedValues};
use schema::{Catalog, ChildNamesField, Kind, KindId};
use state::{DeclaredEntity, DeclaredId, ForeignKeyTarget};

/// Looks at what the references of all entities resolve to.
pub fn examine_material(
    scene: &VerifyContext<'_>,
    judged: &mut [Assessment],
    resolved: &[ResolvedValues],
    days: u32,
) -> Vec<EntityIssue> {
    let validity = ExpiryWindow {
        now: scene.now,
        warn_days: days,
    };
    let mut examination = ContentChecker::new(scene.catalog, judged, resolved, validity);
    match scene.planned {
        Some(planned) => examine_planned(scene, planned, &mut examination),
        None => examine_declared(scene, &mut examination),
    }
    examination.into_issues()
}

fn examine_planned(
    scene: &VerifyContext<'_>,
    planned: (&LiveState, &Plan, &PlannedState<'_>),
    examination: &mut ContentChecker<'_>,
) {
    let (live, plan, after) = planned;
    let fields = CertificateFields::from_catalog(scene.catalog);
    let mut entities: Vec<_> = after.owned.iter().collect();
    let open = par_map_chunks(&mut entities, |stretch| {
        let glanced = prefetch_chunked(stretch, |entity| {
            fields.has_any(entity.kind).then(|| entity.body.expose())
        });
        let open = glanced.map(|entity| fields.inline_certificates(entity.kind, entity.body.expose()));
        open.collect::<Vec<_>>()
    });
    let names = map_named_kinds(scene.catalog, |kind, children| {
        ServerNameIndex::new(scene, (kind, children), live, after)
    });
    for (entity, open) in after.owned.iter().zip(open.into_iter().flatten()) {
        let names = names.get(&entity.kind);
        let served = || names.map_or_else(Vec::new, |names| names.names_of(entity));
        with_planned_view(scene.catalog, plan, entity, |holder| {
            examination.check_entity(holder, open, &served)
        });
    }
}

/// Something of every kind whose entities are served by the names of their children.
fn map_named_kinds<'a, T>(
    catalog: &'a Catalog,
    made: impl Fn(KindId, &'a ChildNamesField) -> T,
) -> FxHashMap<KindId, T> {
    let kinds = catalog.kinds();
    kinds
        .filter_map(|(id, kind)| Some((id, made(id, kind.child_names.as_ref()?))))
        .collect()
}

/// The names by which the entities of a kind are served, of any team.
struct ServerNameIndex<'a> {
    /// Of children that were read, by the entity that they belong to.
    names_by_parent: BTreeMap<Uuid, BTreeSet<&'a str>>,
    /// All of those, and those that the plan takes away.
    known_names: BTreeSet<&'a str>,
    /// The field in which a live entity tells of its children, if some may not have been read.
    names_field: Option<&'a str>,
    /// Entities as they were before the plan.
    live_bodies: OnceCell<FxHashMap<Uuid, &'a Object>>,
    live_entities: &'a [LiveEntity],
}

impl<'a> ServerNameIndex<'a> {
    fn new(
        scene: &VerifyContext<'_>,
        (kind, children): (KindId, &'a ChildNamesField),
        live: &'a LiveState,
        after: &'a PlannedState<'_>,
    ) -> Self {
        let child = scene.catalog.kind(children.kind);
        let mut scopes = scene.desired.scopes.iter();
        let is_seen = !live.forbidden.contains(&children.kind) && !live.absent.contains(&children.kind);
        let all_are_read = is_seen && scopes.any(|scope| scope.tags.is_empty());
        let owned = after.owned.iter().filter(|entity| entity.kind == children.kind);
        let foreign = after.foreign.iter().filter(|(kind, _)| *kind == children.kind);
        let bodies = owned.map(|entity| entity.body.expose());
        let bodies = bodies.chain(foreign.map(|(_, entity)| entity.index.expose()));
        let before = live.owned.get(&children.kind).into_iter().flatten();
        let mut known_names: BTreeSet<&str> = before
            .filter_map(|entity| endpoint_name(child, entity.body.expose()))
            .collect();
        let mut names_by_parent: BTreeMap<Uuid, BTreeSet<&str>> = BTreeMap::new();
        for body in bodies {
            if let (Some(name), Some(parent)) = (endpoint_name(child, body), parent_id(child, body)) {
                known_names.insert(name);
                names_by_parent.entry(parent).or_default().insert(name);
            }
        }
        Self {
            names_by_parent,
            known_names,
            names_field: (!all_are_read).then_some(&children.field),
            live_bodies: OnceCell::new(),
            live_entities: live.owned.get(&kind).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// Those of an entity. Of children of others that were not read, it tells the names itself if it is live.
    fn names_of(&self, entity: &plan::PlannedEntity<'_>) -> Vec<String> {
        let read = self.names_by_parent.get(&entity.id).into_iter().flatten().copied();
        let Some(field) = self.names_field else {
            return read.map(str::to_owned).collect();
        };
        let shown = match entity.change {
            None => Some(entity.body.expose()),
            Some(_) => self.live_bodies().get(&entity.id).copied(),
        };
        let told = shown.and_then(|body| body.get(field)?.as_array());
        let told = told.into_iter().flatten().filter_map(Value::as_str);
        let unread = told.filter(|name| !self.known_names.contains(name));
        let names: BTreeSet<&str> = read.chain(unread).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn live_bodies(&self) -> &FxHashMap<Uuid, &'a Object> {
        let bodies = || {
            self.live_entities
                .iter()
                .map(|entity| (entity.id, entity.body.expose()))
        };
        self.live_bodies.get_or_init(|| bodies().collect())
    }
}

/// The name of an entity among its kind.
fn endpoint_name<'b>(kind: &Kind, body: &'b Object) -> Option<&'b str> {
    body.get(kind.endpoint_key.as_deref()?)?.as_str()
}

/// The entity that a child belongs to.
fn parent_id(child: &Kind, body: &Object) -> Option<Uuid> {
    let mut links = child
        .foreign_fields
        .iter()
        .filter_map(|foreign| body.get(&foreign.field)?.get("id"));
    links.next().and_then(Value::as_str)?.parse().ok()
}

fn examine_declared(scene: &VerifyContext<'_>, examination: &mut ContentChecker<'_>) {
    let fields = CertificateFields::from_catalog(scene.catalog);
    let names = map_named_kinds(scene.catalog, |_, children| nested_child_names(scene, children.kind));
    for (declared, entity) in (0..).map(DeclaredId).zip(&scene.desired.entities) {
        let names = names.get(&entity.kind).and_then(|names| names.get(&declared));
        let served = || names.cloned().unwrap_or_default();
        let body = body_without_unset(entity);
        let open = fields.inline_certificates(entity.kind, &body);
        let look = |holder: &EntityView<'_>| examination.check_entity(holder, open, &served);
        with_declared_view(scene.catalog, (declared, entity), &body, look);
    }
}

/// What is known of a declared entity: what is made up, because a variable is not set, is left open.
fn body_without_unset(entity: &DeclaredEntity) -> Cow<'_, Object> {
    let mut body = Cow::Borrowed(entity.body.expose());
    for path in &entity.unset_fields {
        if let Some(value) = path.value_in_mut(body.to_mut()) {
            *value = Value::Null;
        }
    }
    body
}

/// The names of the children of a kind that files nest in entities.
fn nested_child_names(scene: &VerifyContext<'_>, child: KindId) -> BTreeMap<DeclaredId, Vec<String>> {
    let kind = scene.catalog.kind(child);
    let mut names: BTreeMap<DeclaredId, Vec<String>> = BTreeMap::new();
    for entity in scene.desired.entities.iter().filter(|entity| entity.kind == child) {
        let parents = entity.foreign_keys.iter().filter_map(|link| match link.target {
            ForeignKeyTarget::Parent(parent) => Some(parent),
            _ => None,
        });
        let name = endpoint_name(kind, entity.body.expose());
        for (parent, name) in parents.zip(name) {
            names.entry(parent).or_default().push(name.to_owned());
        }
    }
    names
}
