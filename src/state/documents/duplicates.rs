use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeSet, hash_map};
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use uuid::Uuid;

use super::link;
use super::problems::Problems;
use super::words::a;
use crate::{Declared, DeclaredId, Desired, LinkTo, ScopeId};
use json::Value;
use schema::{Catalog, FieldPath, Kind, KindId};
use yaml::{Diagnostic, Span};

/// Refuses entities that are declared twice: the same id, or the same values of fields that no two may share.
pub(super) fn find(desired: &Desired, catalog: &Catalog, problems: &mut Problems) {
    let sets: Vec<Vec<&[String]>> = catalog.kinds().map(|(_, kind)| sets(kind)).collect();
    let id = [String::from("id")];
    let names: Called<'_> = LazyCell::new(Box::new(|| Names::of(desired, catalog)));
    let keys_of = |entity| keys(catalog, entity, (&id, &sets), &names);
    let mut first: FxHashMap<(KindId, Key<'_>), DeclaredId> = FxHashMap::default();
    for own in suspects(desired, keys_of) {
        let entity = desired.entity(own);
        for (fields, key) in keys_of(entity) {
            if let Some(first) = taken(first.entry((entity.kind, key)), own) {
                problems.tell(twice(desired, catalog, first, own, fields));
                break;
            }
        }
    }
}

/// The entities that may be declared twice, in order: those with a key of which a digest is that of another's. Mostly there
/// are none, and a list of digests is made sooner than a map of keys.
fn suspects<'a, I: Iterator<Item = (&'a [String], Key<'a>)>>(
    desired: &'a Desired,
    keys_of: impl Fn(&'a Declared) -> I,
) -> BTreeSet<DeclaredId> {
    let mut digests = Vec::with_capacity(2 * desired.entities.len());
    for (own, entity) in (0..).map(DeclaredId).zip(&desired.entities) {
        digests.extend(keys_of(entity).map(|(_, key)| (FxBuildHasher.hash_one((entity.kind, key)), own)));
    }
    digests.sort_unstable();
    let alike = digests.chunk_by(|(one, _), (other, _)| one == other);
    let alike = alike.filter(|alike| alike.len() > 1).flatten();
    alike.map(|(_, own)| *own).collect()
}

/// What no other entity of its kind may have: the fields, and their values.
fn keys<'a, 's>(
    catalog: &Catalog,
    entity: &'a Declared,
    (id, sets): (&'s [String], &'s [Vec<&'s [String]>]),
    names: &Called<'a>,
) -> impl Iterator<Item = (&'s [String], Key<'a>)> {
    let kind = catalog.kind(entity.kind);
    let id = entity.id.map(|said| (id, Key::Id(said)));
    let of_kind = sets[usize::from(entity.kind.0)].iter().enumerate();
    let values = of_kind.filter_map(move |(at, fields)| {
        let (first, others) = values(kind, entity, fields, names)?;
        Some((*fields, Key::Values(at, first, others)))
    });
    id.into_iter().chain(values)
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

/// What no two entities of a kind may share.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Id(Uuid),
    /// The values of one of the kind's sets of fields: the first, and those of the others.
    Values(usize, Part<'a>, Vec<Part<'a>>),
}

/// A part of a key.
#[derive(PartialEq, Eq, Hash)]
enum Part<'a> {
    Text(Cow<'a, str>),
    Entity(DeclaredId),
    Nothing,
}

/// What declared entities are called, so that a name and a nesting that mean the same entity are the same.
struct Names<'a> {
    by_id: FxHashMap<(KindId, Uuid), DeclaredId>,
    by_name: FxHashMap<(KindId, &'a str), DeclaredId>,
}

/// The names, found out when they are first asked for: documents mostly nest what belongs together.
type Called<'a> = LazyCell<Names<'a>, Box<dyn FnOnce() -> Names<'a> + 'a>>;

impl<'a> Names<'a> {
    fn of(desired: &'a Desired, catalog: &Catalog) -> Self {
        let mut names = Self {
            by_id: FxHashMap::default(),
            by_name: FxHashMap::default(),
        };
        for (at, entity) in desired.entities.iter().enumerate() {
            let own = DeclaredId(at as u32);
            if let Some(id) = entity.id {
                names.by_id.entry((entity.kind, id)).or_insert(own);
            }
            let called =
                link::names(catalog.kind(entity.kind)).filter_map(|key| entity.body.expose().get(key)?.as_str());
            for name in called {
                names.by_name.entry((entity.kind, name)).or_insert(own);
            }
        }
        names
    }

    fn part(&self, kind: KindId, to: &'a LinkTo) -> Part<'a> {
        match to {
            LinkTo::Declared(id) => Part::Entity(*id),
            LinkTo::Named(name) => self
                .find(kind, name)
                .map_or(Part::Text(Cow::Borrowed(name)), Part::Entity),
            LinkTo::List(_) | LinkTo::Nothing => Part::Nothing,
        }
    }

    fn find(&self, kind: KindId, name: &str) -> Option<DeclaredId> {
        let by_id = link::id(name).and_then(|id| self.by_id.get(&(kind, id)));
        by_id.or_else(|| self.by_name.get(&(kind, name))).copied()
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
fn values<'a>(
    kind: &Kind,
    entity: &'a Declared,
    fields: &[String],
    names: &Called<'a>,
) -> Option<(Part<'a>, Vec<Part<'a>>)> {
    let (first, others) = fields.split_first()?;
    let first = part(kind, entity, first, names)?;
    let others = others.iter().map(|field| part(kind, entity, field, names));
    let others = others.collect::<Option<Vec<_>>>()?;
    let said = first != Part::Nothing || others.iter().any(|part| *part != Part::Nothing);
    said.then_some((first, others))
}

fn part<'a>(kind: &Kind, entity: &'a Declared, field: &str, names: &Called<'a>) -> Option<Part<'a>> {
    if let Some(foreign) = kind.foreign.iter().find(|foreign| foreign.field == field) {
        let link = entity.links.iter().find(|link| link.field == field);
        return Some(link.map_or(Part::Nothing, |link| names.part(foreign.kind, &link.to)));
    }
    match entity.body.expose().get(field)? {
        Value::Null => None,
        Value::String(text) => Some(Part::Text(Cow::Borrowed(text))),
        other => Some(Part::Text(Cow::Owned(other.to_string()))),
    }
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
