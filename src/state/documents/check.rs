use super::Reading;
use super::problems::Problems;
use super::refusal::Refusal;
use crate::{Body, Declared, DeclaredId, Desired, Link, LinkTo};
use json::{Object, Value, json};
use schema::{self, Catalog, FieldPath, Kind, Purpose};
use yaml::{Diagnostic, FileId, Severity, Span, suggest_similar};

/// Says what the control plane of this catalog would refuse in the bodies of the desired state, each with its place: the
/// same checks that the embedded control plane makes, and plugins and vaults that are not there. `now` is in seconds since
/// 1970; `asked` says of which entities it is to be said.
pub fn check(catalog: &Catalog, desired: &Desired, now: i64, asked: &dyn Fn(DeclaredId) -> bool) -> Vec<Diagnostic> {
    let mut problems = Problems::default();
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    for (_, entity) in entities.filter(|(declared, _)| asked(*declared)) {
        examine(catalog, entity, now, &|_| true, &mut problems);
    }
    problems.finish()
}

impl Reading {
    /// What [`check`] says of a reading, without echoes of what is known to be wrong with it: what was told `before`, and
    /// what follows of an entity of which a part could not be read.
    pub fn check(&self, catalog: &Catalog, now: i64, before: &[Diagnostic]) -> Vec<Diagnostic> {
        let errors = before.iter().filter(|one| one.severity == Severity::Error);
        let places = errors.chain(&self.errors).flat_map(|one| &one.places);
        let mut known: Vec<(FileId, u32)> = places.map(|place| (place.span.file, place.span.start)).collect();
        known.sort_unstable();
        let mut problems = Problems::default();
        for (declared, entity) in (0..).map(DeclaredId).zip(&self.desired.entities) {
            let flawed = self.flawed.contains(&declared);
            let is_news = |one: &Diagnostic| {
                let echo = flawed && one.places.iter().all(|place| place.span == entity.source.span);
                !echo && one.places.iter().all(|place| !is_known(&known, place.span))
            };
            examine(catalog, entity, now, &is_news, &mut problems);
        }
        problems.finish()
    }
}

/// Whether something that is known begins where a place is.
fn is_known(known: &[(FileId, u32)], span: Span) -> bool {
    let from = known.partition_point(|one| *one < (span.file, span.start));
    known
        .get(from)
        .is_some_and(|(file, start)| *file == span.file && (*start == span.start || *start < span.end))
}

/// Adds what is to be told of one entity.
fn examine(
    catalog: &Catalog,
    entity: &Declared,
    now: i64,
    told: &dyn Fn(&Diagnostic) -> bool,
    problems: &mut Problems,
) {
    let body = whole(catalog.kind(entity.kind), entity);
    let mut found: Vec<Diagnostic> = unchecked(catalog, entity, &body).into_iter().collect();
    if let Err(violations) = schema::check(catalog, entity.kind, &body, Purpose::Store, now) {
        let refusal = Refusal::of(catalog, entity, &body);
        found.extend(
            violations
                .flatten()
                .iter()
                .map(|(path, message)| refusal.told(path, message)),
        );
    }
    found.into_iter().filter(told).for_each(|one| problems.tell(one));
}

/// The body of a declared entity as a client would send it to have it checked. Ids that are not known yet are stood in for.
pub fn checkable(catalog: &Catalog, entity: &Declared) -> Body {
    Body::new(whole(catalog.kind(entity.kind), entity))
}

/// The body as a client would send it. An id that is not known yet is stood in for.
pub(super) fn whole(kind: &Kind, entity: &Declared) -> Object {
    let mut body = entity.body.expose().clone();
    if let Some(id) = entity.id {
        body.insert("id", Value::String(id.to_string()));
    }
    for link in &entity.links {
        body.insert(link.field.clone(), foreign(link));
    }
    for foreign in &kind.foreign {
        // said, but not to be read: that is told elsewhere
        if !body.contains_key(&foreign.field) && entity.source.places.get(&foreign.field).is_some() {
            body.insert(foreign.field.clone(), json!({ "id": STAND_IN }));
        }
    }
    body
}

fn foreign(link: &Link) -> Value {
    match &link.to {
        LinkTo::Nothing => Value::Null,
        LinkTo::List(members) => Value::Array(members.iter().map(|_| json!(STAND_IN)).collect()),
        LinkTo::Declared(_) | LinkTo::Named(_) => json!({ "id": STAND_IN }),
    }
}

const STAND_IN: &str = "00000000-0000-4000-8000-000000000000";

/// Warns of a plugin or vault whose schema nobody knows, so that its `config` goes unchecked. A live node's own list is
/// judged by the checks.
fn unchecked(catalog: &Catalog, entity: &Declared, body: &Object) -> Option<Diagnostic> {
    let kind = catalog.kind(entity.kind);
    let sub = kind.subschemas.as_ref()?;
    let name = body.get(&sub.by)?.as_str()?;
    if catalog.version().is_some() || catalog.subschema(&sub.family, name).is_some() {
        return None;
    }
    let message = format!(
        "the {} '{name}' is not known here, so that what it is given goes unchecked",
        kind.name
    );
    let place = entity.source.position_of(&FieldPath::field(&sub.by));
    let told = Diagnostic::warning("unchecked", message).at(place);
    Some(match suggest_similar(name, catalog.subschemas(&sub.family)) {
        Some(near) => told.help(format!(
            "did you mean '{near}'? With a control plane to ask, its own schema is used"
        )),
        None => told.help("with a control plane to ask (`validate --online`, `diff`), its own schema is used"),
    })
}
