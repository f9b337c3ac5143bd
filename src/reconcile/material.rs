//! What references resolve to, of every entity that will stand or is declared.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::json::Value;
use uuid::Uuid;

use super::holder::{of_files, of_plan};
use super::references::Scene;
use crate::control_plane::Live;
use crate::plan::{After, Plan};
use crate::reference::{Examination, Holder, Judged, Remark, Resolved, Validity};
use crate::schema::{Kind, KindId, NamesChildren, Object, Segment};
use crate::state::{Declared, DeclaredId, LinkTo};

/// Looks at what the references of all entities resolve to.
pub fn examine(scene: &Scene<'_>, judged: &mut [Judged], resolved: &[Resolved], days: u32) -> Vec<Remark> {
    let validity = Validity { now: scene.now, days };
    let mut examination = Examination::new(scene.catalog, judged, resolved, validity);
    match scene.planned {
        Some(planned) => standing(scene, planned, &mut examination),
        None => declared(scene, &mut examination),
    }
    examination.remarks()
}

fn standing(scene: &Scene<'_>, planned: (&Live, &Plan, &After<'_>), examination: &mut Examination<'_>) {
    let (live, plan, after) = planned;
    let names = OnceCell::new();
    for entity in &after.owned {
        let kind = scene.catalog.kind(entity.kind);
        let served = || match &kind.names_children {
            Some(children) => names
                .get_or_init(|| names_by_parent(scene, (entity.kind, children), live, after))
                .get(&entity.id)
                .map(|names| names.iter().cloned().collect())
                .unwrap_or_default(),
            None => Vec::new(),
        };
        of_plan(scene.catalog, plan, entity, |holder| {
            examination.look_at(holder, &served)
        });
    }
}

/// The names by which the entities of a kind are served, of any team, by the entity. Of children of others that were not
/// read, an entity that is live tells the names itself.
fn names_by_parent(
    scene: &Scene<'_>,
    (kind, children): (KindId, &NamesChildren),
    live: &Live,
    after: &After<'_>,
) -> BTreeMap<Uuid, BTreeSet<String>> {
    let child = scene.catalog.kind(children.kind);
    let owned = after.owned.iter().filter(|entity| entity.kind == children.kind);
    let foreign = after.foreign.iter().filter(|(kind, _)| *kind == children.kind);
    let bodies = owned.map(|entity| entity.body.expose());
    let bodies = bodies.chain(foreign.map(|(_, entity)| entity.index.expose()));
    let of_kind = |kind| live.owned.get(&kind).into_iter().flatten();
    let mut read: BTreeSet<String> = of_kind(children.kind)
        .filter_map(|entity| name(child, entity.body.expose()))
        .collect();
    let mut names: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for body in bodies {
        if let (Some(name), Some(parent)) = (name(child, body), parent(child, body)) {
            read.insert(name.clone());
            names.entry(parent).or_default().insert(name);
        }
    }
    for entity in of_kind(kind) {
        let told = entity.body.expose().get(&children.field).and_then(Value::as_array);
        let told = told.into_iter().flatten().filter_map(Value::as_str);
        for name in told.filter(|name| !read.contains(*name)) {
            names.entry(entity.id).or_default().insert(name.to_owned());
        }
    }
    names
}

/// The name of an entity among its kind.
fn name(kind: &Kind, body: &Object) -> Option<String> {
    body.get(kind.endpoint_key.as_deref()?)?.as_str().map(str::to_owned)
}

/// The entity that a child belongs to.
fn parent(child: &Kind, body: &Object) -> Option<Uuid> {
    let mut links = child
        .foreign
        .iter()
        .filter_map(|foreign| body.get(&foreign.field)?.get("id"));
    links.next().and_then(Value::as_str)?.parse().ok()
}

fn declared(scene: &Scene<'_>, examination: &mut Examination<'_>) {
    for (declared, entity) in (0..).map(DeclaredId).zip(&scene.desired.entities) {
        let kind = scene.catalog.kind(entity.kind);
        let served = || {
            kind.names_children
                .as_ref()
                .map_or_else(Vec::new, |children| nested(scene, children.kind, declared))
        };
        let look = |holder: &Holder<'_>| examination.look_at(holder, &served);
        of_files(scene.catalog, (declared, entity), &known(entity), look);
    }
}

/// What is known of a declared entity: what is made up, because a variable is not set, is left open.
fn known(entity: &Declared) -> Cow<'_, Object> {
    let mut body = Cow::Borrowed(entity.body.expose());
    for path in &entity.unset {
        if let Some((Segment::Name(field), inner)) = path.0.split_first()
            && let Some(value) = body.to_mut().get_mut(field)
        {
            leave_open(value, inner);
        }
    }
    body
}

fn leave_open(value: &mut Value, path: &[Segment]) {
    let Some((first, rest)) = path.split_first() else {
        *value = Value::Null;
        return;
    };
    let inner = match first {
        Segment::Name(name) => value.get_mut(name),
        Segment::Index(index) => value.at_mut(*index),
    };
    if let Some(inner) = inner {
        leave_open(inner, rest);
    }
}

/// The names of the children that a file nests in an entity.
fn nested(scene: &Scene<'_>, child: KindId, parent: DeclaredId) -> Vec<String> {
    let is_child = |entity: &&Declared| {
        let mut links = entity.links.iter();
        entity.kind == child && links.any(|link| matches!(link.to, LinkTo::Declared(to) if to == parent))
    };
    let children = scene.desired.entities.iter().filter(is_child);
    let kind = scene.catalog.kind(child);
    children.filter_map(|entity| name(kind, entity.body.expose())).collect()
}
