use std::collections::HashSet;

use serde_json::{Value, json};

use super::Reading;
use super::problems::Problems;
use super::value::named;
use super::words::a;
use crate::schema::{self, Catalog, FieldPath, FieldType, Kind, Object, Purpose, Record, Segment};
use crate::state::{Body, Declared, DeclaredId, Desired, Diagnostic, Link, LinkTo, Span, nearest};

/// Says what the control plane of this catalog would refuse in the bodies of the desired state, each with its place: the
/// same checks that the embedded control plane makes, and plugins and vaults that are not there. `now` is in seconds since
/// 1970; `asked` says of which entities it is to be said.
pub fn check(catalog: &Catalog, desired: &Desired, now: i64, asked: &dyn Fn(DeclaredId) -> bool) -> Vec<Diagnostic> {
    let mut problems = Problems::default();
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    for (_, entity) in entities.filter(|(declared, _)| asked(*declared)) {
        let body = whole(catalog.kind(entity.kind), entity);
        unchecked(catalog, entity, &body, &mut problems);
        if let Err(violations) = schema::check(catalog, entity.kind, &body, Purpose::Store, now) {
            let record = catalog.record(entity.kind, &body);
            for (path, message) in violations.flatten() {
                problems.tell(violation(catalog, entity, &record, &path, &message));
            }
        }
    }
    problems.finish()
}

impl Reading {
    /// What [`check`] says of a reading, without echoes of what is known to be wrong with it.
    pub fn check(&self, catalog: &Catalog, now: i64) -> Vec<Diagnostic> {
        let known: HashSet<Span> = self
            .errors
            .iter()
            .flat_map(|one| &one.places)
            .map(|place| place.span)
            .collect();
        let mut told = check(catalog, &self.desired, now, &|_| true);
        for one in &mut told {
            one.places.retain(|place| !known.contains(&place.span));
        }
        told.retain(|one| !one.places.is_empty());
        told
    }
}

/// The body of a declared entity as a client would send it to have it checked. Ids that are not known yet are stood in for.
pub fn checkable(catalog: &Catalog, entity: &Declared) -> Body {
    Body::new(whole(catalog.kind(entity.kind), entity))
}

/// What a control plane refuses in a declared entity, in its own words unless they could repeat a secret, with its place.
pub fn refused(catalog: &Catalog, entity: &Declared, path: &FieldPath, message: &str) -> Diagnostic {
    let body = whole(catalog.kind(entity.kind), entity);
    let record = catalog.record(entity.kind, &body);
    if repeats(entity, &record, &body, message) {
        return violation(
            catalog,
            entity,
            &record,
            path,
            "it is refused, in words that repeat a secret",
        );
    }
    violation(catalog, entity, &record, path, message)
}

/// Whether a text repeats a line of something secret. Shorter ones are found everywhere.
fn repeats(entity: &Declared, record: &Record, body: &Object, message: &str) -> bool {
    let mut left: Vec<(FieldPath, &Value)> = body
        .iter()
        .map(|(name, value)| (FieldPath::field(name), value))
        .collect();
    while let Some((path, value)) = left.pop() {
        match value {
            Value::String(text) if hidden(entity, record, &path) => {
                if text.lines().any(|line| line.len() > 3 && message.contains(line)) {
                    return true;
                }
            }
            Value::Array(members) => {
                left.extend(members.iter().enumerate().map(|(at, member)| (path.index(at), member)))
            }
            Value::Object(members) => left.extend(members.iter().map(|(name, member)| (path.name(name), member))),
            _ => {}
        }
    }
    false
}

/// Whether a field may hold a secret, by its schema or by where its value came from.
fn hidden(entity: &Declared, record: &Record, path: &FieldPath) -> bool {
    let meets = |secret: &FieldPath| secret.is_within(path) || path.is_within(secret);
    entity.secrets.iter().any(meets) || secret(record, path)
}

/// The body as a client would send it. An id that is not known yet is stood in for.
fn whole(kind: &Kind, entity: &Declared) -> Object {
    let mut body = entity.body.expose().clone();
    if let Some(id) = entity.id {
        body.insert("id".to_owned(), Value::String(id.to_string()));
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
fn unchecked(catalog: &Catalog, entity: &Declared, body: &Object, problems: &mut Problems) {
    let kind = catalog.kind(entity.kind);
    let Some(sub) = &kind.subschemas else { return };
    let Some(name) = body.get(&sub.by).and_then(Value::as_str) else {
        return;
    };
    if catalog.version().is_some() || catalog.subschema(&sub.family, name).is_some() {
        return;
    }
    let place = entity.source.position_of(&FieldPath::field(&sub.by));
    let told = Diagnostic::warning(
        "unchecked",
        format!(
            "the {} '{name}' is not known here, so that what it is given goes unchecked",
            kind.name
        ),
    )
    .at(place);
    problems.tell(match nearest(name, catalog.subschemas(&sub.family)) {
        Some(near) => told.help(format!(
            "did you mean '{near}'? With a control plane to ask, its own schema is used"
        )),
        None => told.help("with a control plane to ask (`validate --online`, `diff`), its own schema is used"),
    });
}

fn violation(catalog: &Catalog, entity: &Declared, record: &Record, path: &FieldPath, message: &str) -> Diagnostic {
    let kind = catalog.kind(entity.kind);
    let unknown = message == UNKNOWN;
    let hidden = hidden(entity, record, path);
    let span = if unknown {
        entity.source.name_of(path)
    } else {
        entity.source.position_of(path)
    };
    let told = if unknown {
        Diagnostic::error("unknown-field", unknown_field(kind, path))
    } else {
        Diagnostic::error("refused", said(kind, path, message, hidden))
    };
    let told = if hidden { told.at_secret(span) } else { told.at(span) };
    match unknown.then(|| meant(kind, record, path)).flatten() {
        Some(near) => told.help(format!("did you mean '{near}'?")),
        None => told,
    }
}

const UNKNOWN: &str = "unknown field";

fn said(kind: &Kind, path: &FieldPath, message: &str, hidden: bool) -> String {
    let message = if hidden {
        "this value is not allowed here"
    } else {
        message
    };
    if path.0.is_empty() {
        format!("{}: {message}", kind.name)
    } else {
        format!("{path} of {}: {message}", a(&kind.name))
    }
}

fn unknown_field(kind: &Kind, path: &FieldPath) -> String {
    match path.0.split_last() {
        Some((Segment::Name(name), [])) => format!("{} has no field '{name}'", a(&kind.name)),
        Some((Segment::Name(name), outer)) => format!(
            "there is no '{name}' in {} of {}",
            FieldPath(outer.to_vec()),
            a(&kind.name)
        ),
        _ => format!("{path} is not known"),
    }
}

/// The known field nearest to an unknown one, among its neighbours.
fn meant<'a>(kind: &'a Kind, record: &'a Record, path: &FieldPath) -> Option<&'a str> {
    let (Segment::Name(name), outer) = path.0.split_last()? else {
        return None;
    };
    let neighbours = at(record, outer)?;
    let nests = kind
        .nests
        .iter()
        .map(|nest| nest.key.as_str())
        .filter(|_| outer.is_empty());
    let fields = neighbours
        .fields
        .iter()
        .chain(&neighbours.shorthands)
        .map(|(name, _)| name.as_str());
    nearest(name, fields.chain(nests))
}

/// The record at a path.
fn at<'r>(record: &'r Record, path: &[Segment]) -> Option<&'r Record> {
    let mut record = record;
    let mut path = path.iter();
    while let Some(segment) = path.next() {
        let Segment::Name(name) = segment else { return None };
        let mut kind = &named(record, name)?.kind;
        loop {
            match kind {
                FieldType::Record(inner) => break record = inner,
                FieldType::Array(element) | FieldType::Set(element) => kind = &element.kind,
                FieldType::Map { values, .. } => kind = &values.kind,
                _ => return None,
            }
            path.next();
        }
    }
    Some(record)
}

/// Whether a path leads into a field that may hold a secret.
fn secret(record: &Record, path: &FieldPath) -> bool {
    (1..=path.0.len()).any(|length| {
        let Some((Segment::Name(name), outer)) = path.0[..length].split_last() else {
            return false;
        };
        at(record, outer)
            .and_then(|record| named(record, name))
            .is_some_and(|field| field.secret || field.referenceable || field.kind == FieldType::Abstract)
    })
}
