use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeSet, hash_map};
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use uuid::Uuid;

use super::diagnostics::DocumentDiagnostics;
use super::foreign_key;
use super::phrases::with_article;
use crate::{DeclaredEntity, DeclaredId, DesiredState, ForeignKeyTarget, ScopeId};
use json::Value;
use schema::{Catalog, FieldPath, Kind, KindId, canonical_text};
use yaml::{Diagnostic, DiagnosticCode};

/// Reports entities that are declared twice: the same id, or the same values of fields that no two may share.
pub(super) fn report_duplicates(desired: &DesiredState, catalog: &Catalog, diagnostics: &mut DocumentDiagnostics) {
    let sets: Vec<Vec<&[String]>> = catalog.kinds().map(|(_, kind)| unique_field_sets(kind)).collect();
    let id = [String::from("id")];
    let names: LazyNameIndex<'_> = LazyCell::new(Box::new(|| DeclaredNameIndex::new(desired, catalog)));
    let keys_of = |entity| unique_keys(catalog, entity, (&id, &sets), &names);
    let mut first: FxHashMap<(KindId, UniquenessKey<'_>), DeclaredId> = FxHashMap::default();
    for declared in duplicate_candidates(desired, keys_of) {
        let entity = desired.entity(declared);
        for (fields, key) in keys_of(entity) {
            if let Some(first) = insert_or_get_first(first.entry((entity.kind, key)), declared) {
                diagnostics.add(duplicate_error(desired, catalog, first, declared, fields));
                break;
            }
        }
    }
}

/// The entities that may be declared twice, in order: those with a key whose digest is that of another. Mostly there are
/// none, and sorting a list of digests takes less time than building a map of keys.
fn duplicate_candidates<'a, I: Iterator<Item = (&'a [String], UniquenessKey<'a>)>>(
    desired: &'a DesiredState,
    keys_of: impl Fn(&'a DeclaredEntity) -> I,
) -> BTreeSet<DeclaredId> {
    let mut digests = Vec::with_capacity(2 * desired.entities.len());
    for (declared, entity) in (0..).map(DeclaredId).zip(&desired.entities) {
        digests.extend(keys_of(entity).map(|(_, key)| (FxBuildHasher.hash_one((entity.kind, key)), declared)));
    }
    digests.sort_unstable();
    let equal_digests = digests.chunk_by(|(digest, _), (next, _)| digest == next);
    let repeated = equal_digests.filter(|group| group.len() > 1).flatten();
    repeated.map(|(_, declared)| *declared).collect()
}

/// What no other entity of its kind may have: the fields, and their values.
fn unique_keys<'a, 's>(
    catalog: &Catalog,
    entity: &'a DeclaredEntity,
    (id, sets): (&'s [String], &'s [Vec<&'s [String]>]),
    names: &LazyNameIndex<'a>,
) -> impl Iterator<Item = (&'s [String], UniquenessKey<'a>)> {
    let kind = catalog.kind(entity.kind);
    let id = entity.id.map(|value| (id, UniquenessKey::Id(value)));
    let of_kind = sets[usize::from(entity.kind.0)].iter().enumerate();
    let values = of_kind.filter_map(move |(at, fields)| {
        let (first, others) = key_values(kind, entity, fields, names)?;
        Some((*fields, UniquenessKey::Values(at, first, others)))
    });
    id.into_iter().chain(values)
}

fn insert_or_get_first<K>(entry: hash_map::Entry<K, DeclaredId>, declared: DeclaredId) -> Option<DeclaredId> {
    match entry {
        hash_map::Entry::Occupied(first) => Some(*first.get()),
        hash_map::Entry::Vacant(vacant) => {
            vacant.insert(declared);
            None
        }
    }
}

/// What no two entities of a kind may share.
#[derive(PartialEq, Eq, Hash)]
enum UniquenessKey<'a> {
    Id(Uuid),
    /// The values of one of the kind's sets of fields: the first, and those of the others.
    Values(usize, UniquenessKeyPart<'a>, Vec<UniquenessKeyPart<'a>>),
}

/// A part of a key.
#[derive(PartialEq, Eq, Hash)]
enum UniquenessKeyPart<'a> {
    Text(Cow<'a, str>),
    Entity(DeclaredId),
    Null,
}

/// Declared entities by id and by name, so that a foreign key and a nesting that mean the same entity are equal.
struct DeclaredNameIndex<'a> {
    by_id: FxHashMap<(KindId, Uuid), DeclaredId>,
    by_name: FxHashMap<(KindId, &'a str), DeclaredId>,
}

/// The index, built on first use: documents mostly nest what belongs together.
type LazyNameIndex<'a> = LazyCell<DeclaredNameIndex<'a>, Box<dyn FnOnce() -> DeclaredNameIndex<'a> + 'a>>;

impl<'a> DeclaredNameIndex<'a> {
    fn new(desired: &'a DesiredState, catalog: &Catalog) -> Self {
        let mut names = Self {
            by_id: FxHashMap::default(),
            by_name: FxHashMap::default(),
        };
        for (index, entity) in desired.entities.iter().enumerate() {
            let declared = DeclaredId(index as u32);
            if let Some(id) = entity.id {
                names.by_id.entry((entity.kind, id)).or_insert(declared);
            }
            let entity_names = foreign_key::naming_fields(catalog.kind(entity.kind))
                .filter_map(|key| entity.body.expose().get(key)?.as_str());
            for name in entity_names {
                names.by_name.entry((entity.kind, name)).or_insert(declared);
            }
        }
        names
    }

    fn key_part(&self, kind: KindId, target: &'a ForeignKeyTarget) -> UniquenessKeyPart<'a> {
        match target {
            ForeignKeyTarget::Parent(parent) => UniquenessKeyPart::Entity(*parent),
            ForeignKeyTarget::Named(name) => self
                .find_entity(kind, name)
                .map_or(UniquenessKeyPart::Text(Cow::Borrowed(name)), UniquenessKeyPart::Entity),
            ForeignKeyTarget::List(_) | ForeignKeyTarget::Null => UniquenessKeyPart::Null,
        }
    }

    fn find_entity(&self, kind: KindId, name: &str) -> Option<DeclaredId> {
        let by_id = foreign_key::parse_uuid(name).and_then(|id| self.by_id.get(&(kind, id)));
        by_id.or_else(|| self.by_name.get(&(kind, name))).copied()
    }
}

/// The sets of fields that no two entities of a kind may share, each once.
fn unique_field_sets(kind: &Kind) -> Vec<&[String]> {
    let mut sets: Vec<&[String]> = Vec::new();
    let endpoint = kind.endpoint_key.as_slice();
    for set in kind.identity.iter().chain(&kind.unique_sets).map(Vec::as_slice) {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    let is_extra = !endpoint.is_empty() && !sets.iter().any(|set| set.contains(&endpoint[0]));
    sets.extend(is_extra.then_some(endpoint));
    sets
}

/// The values of a set of fields; none if one of its own fields has no value, or all are null.
fn key_values<'a>(
    kind: &Kind,
    entity: &'a DeclaredEntity,
    fields: &[String],
    names: &LazyNameIndex<'a>,
) -> Option<(UniquenessKeyPart<'a>, Vec<UniquenessKeyPart<'a>>)> {
    let (first, others) = fields.split_first()?;
    let first = key_part(kind, entity, first, names)?;
    let others = others.iter().map(|field| key_part(kind, entity, field, names));
    let others = others.collect::<Option<Vec<_>>>()?;
    let has_value = first != UniquenessKeyPart::Null || others.iter().any(|part| *part != UniquenessKeyPart::Null);
    has_value.then_some((first, others))
}

fn key_part<'a>(
    kind: &Kind,
    entity: &'a DeclaredEntity,
    field: &str,
    names: &LazyNameIndex<'a>,
) -> Option<UniquenessKeyPart<'a>> {
    if let Some(foreign) = kind.foreign_fields.iter().find(|foreign| foreign.field == field) {
        let link = entity.foreign_keys.iter().find(|link| link.field == field);
        return Some(link.map_or(UniquenessKeyPart::Null, |link| {
            names.key_part(foreign.kind, &link.target)
        }));
    }
    match entity.body.expose().get(field)? {
        Value::Null => None,
        Value::String(text) => {
            let described = kind.record.get(field);
            let text = described.map_or(Cow::Borrowed(text.as_str()), |field| canonical_text(field, text));
            Some(UniquenessKeyPart::Text(text))
        }
        other => Some(UniquenessKeyPart::Text(Cow::Owned(other.to_string()))),
    }
}

fn duplicate_error(
    desired: &DesiredState,
    catalog: &Catalog,
    first: DeclaredId,
    second: DeclaredId,
    fields: &[String],
) -> Diagnostic {
    let (first, second) = (desired.entity(first), desired.entity(second));
    let kind = catalog.kind(first.kind);
    let own = fields
        .iter()
        .find(|field| kind.foreign_fields.iter().all(|foreign| foreign.field != **field));
    let field = own.or(fields.first()).map_or("id", String::as_str);
    let path = FieldPath::from_field(field);
    let is_filled_in = |entity: &DeclaredEntity| entity.secret_fields.contains(&path);
    let is_secret =
        is_filled_in(first) || is_filled_in(second) || kind.record.get(field).is_some_and(|field| field.secret);
    let subject = match first.body.expose().get(field) {
        Some(Value::String(value)) if !is_secret && !value.contains('\n') => format!("the {} '{value}'", kind.name),
        _ => format!("{} with this {field}", with_article(&kind.name)),
    };
    let scopes = if first.scope == second.scope {
        String::new()
    } else {
        describe_scopes(desired, first.scope, second.scope)
    };
    let mut error = Diagnostic::error(
        DiagnosticCode::Duplicate,
        format!("{subject} is declared twice{scopes}"),
    );
    // where only one of them is filled in, the other's place would tell whoever wrote it that the guess is right
    let hides_literals = is_filled_in(first) != is_filled_in(second);
    for (entity, label) in [(second, "again here"), (first, "first here")] {
        let span = entity.location.value_span(&path);
        error = match is_secret {
            _ if hides_literals && !is_filled_in(entity) => continue,
            true => error.at_secret(span),
            false => error.at(span),
        };
        error = error.label(if hides_literals { "one of them is here" } else { label });
    }
    error.help(duplicate_help(kind, fields))
}

fn describe_scopes(desired: &DesiredState, first: ScopeId, second: ScopeId) -> String {
    let tags = |scope: ScopeId| {
        desired.scopes[scope.0 as usize]
            .tags
            .iter()
            .cloned()
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(", once by {} and once by {}", tags(first), tags(second))
}

fn duplicate_help(kind: &Kind, fields: &[String]) -> String {
    match fields {
        [field] => format!("leave one of them out, or give it another {field}"),
        _ => format!("no two {} may have the same {}", kind.collection, fields.join(", ")),
    }
}
