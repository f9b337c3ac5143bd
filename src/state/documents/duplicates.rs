use std::collections::HashMap;
use std::collections::hash_map;

use serde_json::Value;
use uuid::Uuid;

use super::link;
use super::problems::Problems;
use super::words::a;
use crate::schema::{Catalog, FieldPath, Kind, KindId};
use crate::state::{Declared, DeclaredId, Desired, Diagnostic, LinkTo, ScopeId, Span};

/// Refuses entities that are declared twice: the same id, or the same values of fields that no two may share.
pub(super) fn find(desired: &Desired, catalog: &Catalog, problems: &mut Problems) {
    let names = Names::of(desired, catalog);
    let sets: Vec<Vec<&[String]>> = catalog.kinds().map(|(_, kind)| sets(kind)).collect();
    let mut ids: HashMap<(KindId, Uuid), DeclaredId> = HashMap::new();
    let mut keys: HashMap<(KindId, usize, Vec<Part>), DeclaredId> = HashMap::new();
    for (at, entity) in desired.entities.iter().enumerate() {
        let own = DeclaredId(at as u32);
        if let Some(id) = entity.id
            && let Some(first) = taken(ids.entry((entity.kind, id)), own)
        {
            problems.tell(twice(desired, catalog, first, own, &["id".to_owned()]));
            continue;
        }
        let kind = catalog.kind(entity.kind);
        for (index, fields) in sets[usize::from(entity.kind.0)].iter().enumerate() {
            let Some(key) = key(kind, entity, fields, &names) else {
                continue;
            };
            if let Some(first) = taken(keys.entry((entity.kind, index, key)), own) {
                problems.tell(twice(desired, catalog, first, own, fields));
                break;
            }
        }
    }
}

fn taken<K>(entry: hash_map::Entry<K, DeclaredId>, own: DeclaredId) -> Option<DeclaredId> {
    match entry {
        hash_map::Entry::Occupied(first) => Some(*first.get()),
        hash_map::Entry::Vacant(free) => {
            free.insert(own);
            None
        }
    }
}

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    Entity(DeclaredId),
    Nothing,
}

/// What declared entities are called, so that a name and a nesting that mean the same entity are the same.
struct Names(HashMap<(KindId, String), DeclaredId>);

impl Names {
    fn of(desired: &Desired, catalog: &Catalog) -> Self {
        let mut names = HashMap::new();
        for (at, entity) in desired.entities.iter().enumerate() {
            let kind = catalog.kind(entity.kind);
            let id = entity.id.map(|id| id.to_string());
            let called = link::names(kind).filter_map(|key| Some(entity.body.expose().get(key)?.as_str()?.to_owned()));
            for name in id.into_iter().chain(called) {
                names.entry((entity.kind, name)).or_insert(DeclaredId(at as u32));
            }
        }
        Self(names)
    }

    fn part(&self, kind: KindId, to: &LinkTo) -> Part {
        match to {
            LinkTo::Declared(id) => Part::Entity(*id),
            LinkTo::Named(name) => match self.0.get(&(kind, name.clone())) {
                Some(id) => Part::Entity(*id),
                None => Part::Text(name.clone()),
            },
            LinkTo::List(_) | LinkTo::Nothing => Part::Nothing,
        }
    }
}

/// The sets of fields that no two entities of a kind may share, each once.
fn sets(kind: &Kind) -> Vec<&[String]> {
    let mut sets: Vec<&[String]> = Vec::new();
    let endpoint = kind.endpoint_key.as_slice();
    for set in kind.identity.iter().chain(&kind.unique).map(Vec::as_slice) {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    let alone = !endpoint.is_empty() && !sets.iter().any(|set| set.contains(&endpoint[0]));
    sets.extend(alone.then_some(endpoint));
    sets
}

/// The values of a set of fields; none if one of its own fields has no value, or nothing at all is said.
fn key(kind: &Kind, entity: &Declared, fields: &[String], names: &Names) -> Option<Vec<Part>> {
    let mut said = false;
    let mut parts = Vec::with_capacity(fields.len());
    for field in fields {
        let part = match kind.foreign.iter().find(|foreign| foreign.field == *field) {
            Some(foreign) => {
                let link = entity.links.iter().find(|link| link.field == *field);
                link.map_or(Part::Nothing, |link| names.part(foreign.kind, &link.to))
            }
            None => match entity.body.expose().get(field)? {
                Value::Null => return None,
                Value::String(text) => Part::Text(text.clone()),
                other => Part::Text(other.to_string()),
            },
        };
        said |= part != Part::Nothing;
        parts.push(part);
    }
    said.then_some(parts)
}

fn twice(desired: &Desired, catalog: &Catalog, first: DeclaredId, second: DeclaredId, fields: &[String]) -> Diagnostic {
    let (one, other) = (desired.entity(first), desired.entity(second));
    let kind = catalog.kind(one.kind);
    let own = fields
        .iter()
        .find(|field| kind.foreign.iter().all(|foreign| foreign.field != **field));
    let field = own.or(fields.first()).map_or("id", String::as_str);
    let secret =
        one.secrets.contains(&FieldPath::field(field)) || kind.record.get(field).is_some_and(|field| field.secret);
    let called = match one.body.expose().get(field) {
        Some(Value::String(value)) if !secret => format!("the {} '{value}'", kind.name),
        _ => format!("{} with this {field}", a(&kind.name)),
    };
    let owners = if one.scope == other.scope {
        String::new()
    } else {
        owners(desired, one.scope, other.scope)
    };
    let place = |entity: &Declared| -> Span { entity.source.position_of(&FieldPath::field(field)) };
    let told = Diagnostic::error("duplicate", format!("{called} is declared twice{owners}"));
    let told = if secret {
        told.at_secret(place(other))
    } else {
        told.at(place(other))
    };
    let told = told.labelled("again here");
    let told = if secret {
        told.at_secret(place(one))
    } else {
        told.at(place(one))
    };
    told.labelled("first here").help(remedy(kind, fields))
}

fn owners(desired: &Desired, one: ScopeId, other: ScopeId) -> String {
    let tags = |scope: ScopeId| {
        desired.scopes[scope.0 as usize]
            .tags
            .iter()
            .cloned()
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(", once by {} and once by {}", tags(one), tags(other))
}

fn remedy(kind: &Kind, fields: &[String]) -> String {
    match fields {
        [one] => format!("leave one of them out, or give it another {one}"),
        _ => format!("no two {} may have the same {}", kind.collection, fields.join(", ")),
    }
}
