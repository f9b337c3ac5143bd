use super::wire::CONFIG_PATH;
use schema::{Catalog, Edition, ForeignField, Kind, KindId};

/// What a path stands for.
pub(super) enum AdminRoute {
    Root,
    Status,
    Config,
    Tags,
    /// `/tags/T`
    Tag(String),
    /// `/schemas/…`
    Schema(Vec<String>),
    /// `/services`
    Collection(KindId),
    /// `/services/S`
    Entity(KindId, String),
    /// `/services/S/routes`
    NestedCollection(NestedCollection),
    /// `/services/S/routes/R`
    NestedEntity(NestedCollection, String),
    /// `/routes/R/service`
    ForeignTarget {
        kind: KindId,
        name: String,
        foreign: ForeignField,
    },
}

/// Entities of a kind that refer to one of another.
pub(super) struct NestedCollection {
    pub(super) parent_kind: KindId,
    pub(super) parent_name: String,
    pub(super) kind: KindId,
    /// The field by which they do.
    pub(super) foreign_field: String,
}

impl AdminRoute {
    /// Reads a path. None: Kong has no such path.
    pub(super) fn from_segments(catalog: &Catalog, segments: &[String]) -> Option<Self> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Some(Self::Root),
            ["status"] => Some(Self::Status),
            [CONFIG_PATH] => Some(Self::Config),
            ["tags"] => Some(Self::Tags),
            ["tags", tag] => Some(Self::Tag((*tag).to_owned())),
            ["schemas", rest @ ..] => Some(Self::Schema(rest.iter().map(|&segment| segment.to_owned()).collect())),
            segments => Self::from_entity_segments(catalog, segments),
        }
    }

    fn from_entity_segments(catalog: &Catalog, segments: &[&str]) -> Option<Self> {
        let mut kinds = served_kinds(catalog).filter(|(_, kind)| kind.parent.is_none());
        let (id, kind, rest) =
            kinds.find_map(|(id, kind)| Some((id, kind, strip_path_prefix(segments, &kind.path)?)))?;
        let (name, below) = match rest {
            [] => return Some(Self::Collection(id)),
            [name] => return Some(Self::Entity(id, (*name).to_owned())),
            [name, below @ ..] => (*name, below),
        };
        if let [field] = below
            && let Some(route) = foreign_target_route(catalog, id, kind, name, field)
        {
            return Some(route);
        }
        match nested_collection(catalog, id, name, below)? {
            (nested, []) => Some(Self::NestedCollection(nested)),
            (nested, [child]) => Some(Self::NestedEntity(nested, (*child).to_owned())),
            _ => None,
        }
    }

    /// The kinds that the path is about.
    pub(super) fn kinds(&self) -> Vec<KindId> {
        match self {
            Self::Collection(kind) | Self::Entity(kind, _) | Self::ForeignTarget { kind, .. } => vec![*kind],
            Self::NestedCollection(under) | Self::NestedEntity(under, _) => vec![under.parent_kind, under.kind],
            Self::Root | Self::Status | Self::Config | Self::Tags | Self::Tag(_) | Self::Schema(_) => Vec::new(),
        }
    }
}

/// The kinds that the control plane's edition has.
pub(super) fn served_kinds(catalog: &Catalog) -> impl Iterator<Item = (KindId, &Kind)> {
    catalog.kinds().filter(|(_, kind)| is_served(catalog, kind))
}

fn is_served(catalog: &Catalog, kind: &Kind) -> bool {
    kind.edition == Edition::Community || catalog.edition() == Edition::Enterprise
}

/// The path of what an entity refers to; one that is reached by its children's names has none.
fn foreign_target_route(catalog: &Catalog, id: KindId, kind: &Kind, name: &str, below: &str) -> Option<AdminRoute> {
    let foreign = kind
        .foreign_fields
        .iter()
        .find(|foreign| foreign.field == below && !foreign.is_list)?;
    let names = catalog.kind(foreign.kind).child_names.as_ref();
    if names.is_some_and(|names| names.kind == id) || !is_served(catalog, catalog.kind(foreign.kind)) {
        return None;
    }
    Some(AdminRoute::ForeignTarget {
        kind: id,
        name: name.to_owned(),
        foreign: foreign.clone(),
    })
}

/// What is left of a path after that of a kind, which may be of several segments (`rbac/roles`).
fn strip_path_prefix<'a, 'p>(segments: &'a [&'p str], path: &str) -> Option<&'a [&'p str]> {
    path.split('/').try_fold(segments, |rest, segment| match rest {
        [first, rest @ ..] if *first == segment => Some(rest),
        _ => None,
    })
}

/// The nested collection at the beginning of a path below an entity, and what is left of the path.
fn nested_collection<'a, 'p>(
    catalog: &Catalog,
    parent: KindId,
    name: &str,
    below: &'a [&'p str],
) -> Option<(NestedCollection, &'a [&'p str])> {
    served_kinds(catalog).find_map(|(id, kind)| {
        let path = kind.nested_path.as_ref().unwrap_or(&kind.path);
        let foreign = kind
            .foreign_fields
            .iter()
            .find(|foreign| foreign.kind == parent && !foreign.is_list)?;
        let rest = strip_path_prefix(below, path)?;
        let nested = NestedCollection {
            parent_kind: parent,
            parent_name: name.to_owned(),
            kind: id,
            foreign_field: foreign.field.clone(),
        };
        Some((nested, rest))
    })
}
