use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::entity_view::{with_declared_view, with_planned_view};
use super::verify::VerifyContext;
use json::parallel::par_map_chunks;
use json::{Object, Value, prefetch_chunked};
use plan::{LiveEntity, LiveState, Plan, PlannedEntity, PlannedState};
use reference::{Assessment, CertificateFields, ContentChecker, EntityIssue, EntityView, ExpiryWindow, ResolvedValues};
use schema::{Catalog, ChildNamesField, Kind, KindId};
use state::{DeclaredEntity, DeclaredId, ForeignKeyTarget};

/// Checks certificates and keys of all entities, in the open and as their references resolve.
pub(crate) fn examine_material(
    context: &VerifyContext<'_>,
    assessments: &mut [Assessment],
    resolved: &[ResolvedValues],
    warn_days: u32,
) -> Vec<EntityIssue> {
    let validity = ExpiryWindow {
        now: context.now,
        warn_days,
    };
    let mut checker = ContentChecker::new(context.catalog, assessments, resolved, validity);
    match context.planned {
        Some(planned) => examine_planned(context, planned, &mut checker),
        None => examine_declared(context, &mut checker),
    }
    checker.into_issues()
}

fn examine_planned(
    context: &VerifyContext<'_>,
    planned: (&LiveState, &Plan, &PlannedState<'_>),
    checker: &mut ContentChecker<'_>,
) {
    let (live, plan, planned) = planned;
    let fields = CertificateFields::from_catalog(context.catalog);
    let mut entities: Vec<_> = planned.owned.iter().collect();
    let certificates = par_map_chunks(&mut entities, |chunk| {
        let entities = prefetch_chunked(chunk, |entity| {
            fields.has_any(entity.kind).then(|| entity.body.expose())
        });
        let certificates = entities.map(|entity| fields.inline_certificates(entity.kind, entity.body.expose()));
        certificates.collect::<Vec<_>>()
    });
    let names = map_named_kinds(context.catalog, |kind, children| {
        ServerNameIndex::new(context, (kind, children), live, planned)
    });
    for (entity, certificates) in planned.owned.iter().zip(certificates.into_iter().flatten()) {
        let names = names.get(&entity.kind);
        let server_names = || names.map_or_else(Vec::new, |names| names.names_of(entity));
        with_planned_view(context.catalog, plan, entity, |view| {
            checker.check_entity(view, certificates, &server_names)
        });
    }
}

/// Maps every kind whose entities are served by the names of their children.
fn map_named_kinds<'a, T>(
    catalog: &'a Catalog,
    make: impl Fn(KindId, &'a ChildNamesField) -> T,
) -> FxHashMap<KindId, T> {
    let kinds = catalog.kinds();
    kinds
        .filter_map(|(id, kind)| Some((id, make(id, kind.child_names.as_ref()?))))
        .collect()
}

/// The names by which the entities of a kind are served, of any team.
struct ServerNameIndex<'a> {
    /// The names of children that were read, by parent.
    names_by_parent: BTreeMap<Uuid, BTreeSet<&'a str>>,
    /// All of those, and those that the plan deletes.
    known_names: BTreeSet<&'a str>,
    /// The field in which a live entity lists its children, if some may not have been read.
    names_field: Option<&'a str>,
    /// Entities as they were before the plan.
    live_bodies: OnceCell<FxHashMap<Uuid, &'a Object>>,
    live_entities: &'a [LiveEntity],
}

impl<'a> ServerNameIndex<'a> {
    fn new(
        context: &VerifyContext<'_>,
        (kind, children): (KindId, &'a ChildNamesField),
        live: &'a LiveState,
        planned: &'a PlannedState<'_>,
    ) -> Self {
        let child = context.catalog.kind(children.kind);
        let mut scopes = context.desired.scopes.iter();
        let is_seen = !live.forbidden.contains(&children.kind) && !live.absent.contains(&children.kind);
        let all_are_read = is_seen && scopes.any(|scope| scope.tags.is_empty());
        let owned = planned.owned.iter().filter(|entity| entity.kind == children.kind);
        let foreign = planned.foreign.iter().filter(|(kind, _)| *kind == children.kind);
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

    /// The names of an entity. Those of children that were not read are in the entity itself, if it is live.
    fn names_of(&self, entity: &PlannedEntity<'_>) -> Vec<String> {
        let read = self.names_by_parent.get(&entity.id).into_iter().flatten().copied();
        let Some(field) = self.names_field else {
            return read.map(str::to_owned).collect();
        };
        let shown = match entity.change {
            None => Some(entity.body.expose()),
            Some(_) => self.live_bodies().get(&entity.id).copied(),
        };
        let listed = shown.and_then(|body| body.get(field)?.as_array());
        let listed = listed.into_iter().flatten().filter_map(Value::as_str);
        let unread = listed.filter(|name| !self.known_names.contains(name));
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

fn parent_id(child: &Kind, body: &Object) -> Option<Uuid> {
    let mut links = child
        .foreign_fields
        .iter()
        .filter_map(|foreign| body.get(&foreign.field)?.get("id"));
    links.next().and_then(Value::as_str)?.parse().ok()
}

fn examine_declared(context: &VerifyContext<'_>, checker: &mut ContentChecker<'_>) {
    let fields = CertificateFields::from_catalog(context.catalog);
    let names = map_named_kinds(context.catalog, |_, children| {
        nested_child_names(context, children.kind)
    });
    for (declared, entity) in (0..).map(DeclaredId).zip(&context.desired.entities) {
        let names = names.get(&entity.kind).and_then(|names| names.get(&declared));
        let server_names = || names.cloned().unwrap_or_default();
        let body = body_without_unset(entity);
        let certificates = fields.inline_certificates(entity.kind, &body);
        let check = |view: &EntityView<'_>| checker.check_entity(view, certificates, &server_names);
        with_declared_view(context.catalog, (declared, entity), &body, check);
    }
}

/// The body of a declared entity, null where a variable is not set.
fn body_without_unset(entity: &DeclaredEntity) -> Cow<'_, Object> {
    let mut body = Cow::Borrowed(entity.body.expose());
    for path in &entity.unset_fields {
        if let Some(value) = path.value_in_mut(body.to_mut()) {
            *value = Value::Null;
        }
    }
    body
}

/// The names of the children of a kind, by the entity in which files nest them.
fn nested_child_names(context: &VerifyContext<'_>, child: KindId) -> BTreeMap<DeclaredId, Vec<String>> {
    let kind = context.catalog.kind(child);
    let mut names: BTreeMap<DeclaredId, Vec<String>> = BTreeMap::new();
    for entity in context.desired.entities.iter().filter(|entity| entity.kind == child) {
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
