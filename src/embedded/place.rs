use super::wire::CONFIG;
use schema::{Catalog, Edition, Foreign, Kind, KindId};

/// What a path stands for.
pub(super) enum Place {
    /// `/`
    Root,
    /// `/status`
    Status,
    /// `/config`
    Config,
    /// `/tags`
    Tags,
    /// `/tags/T`
    Tag(String),
    /// `/schemas/…`
    Schema(Vec<String>),
    /// `/services`
    All(KindId),
    /// `/services/S`
    One(KindId, String),
    /// `/services/S/routes`
    AllUnder(Under),
    /// `/services/S/routes/R`
    OneUnder(Under, String),
    /// `/routes/R/service`
    Pointed {
        /// The kind that refers.
        kind: KindId,
        /// Which entity of it.
        name: String,
        /// By which field.
        foreign: Foreign,
    },
}

/// Entities of a kind that refer to one of another.
pub(super) struct Under {
    /// The kind they refer to.
    pub(super) parent: KindId,
    /// Which entity of it.
    pub(super) name: String,
    /// Their kind.
    pub(super) kind: KindId,
    /// The field by which they do.
    pub(super) field: String,
}

impl Place {
    /// Reads a path. None: Kong has no such path.
    pub(super) fn of(catalog: &Catalog, segments: &[String]) -> Option<Self> {
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => Some(Self::Root),
            ["status"] => Some(Self::Status),
            [CONFIG] => Some(Self::Config),
            ["tags"] => Some(Self::Tags),
            ["tags", tag] => Some(Self::Tag((*tag).to_owned())),
            ["schemas", rest @ ..] => Some(Self::Schema(rest.iter().map(|&word| word.to_owned()).collect())),
            [path, rest @ ..] => Self::of_entities(catalog, path, rest),
        }
    }

    fn of_entities(catalog: &Catalog, path: &str, rest: &[&str]) -> Option<Self> {
        let (id, kind) = served(catalog).find(|(_, kind)| kind.path == path && kind.parent.is_none())?;
        match *rest {
            [] => Some(Self::All(id)),
            [name] => Some(Self::One(id, name.to_owned())),
            [name, below] => {
                pointed(catalog, id, kind, name, below).or_else(|| under(catalog, id, name, below).map(Self::AllUnder))
            }
            [name, below, child] => {
                under(catalog, id, name, below).map(|under| Self::OneUnder(under, child.to_owned()))
            }
            _ => None,
        }
    }

    /// The kinds that the path is about.
    pub(super) fn kinds(&self) -> Vec<KindId> {
        match self {
            Self::All(kind) | Self::One(kind, _) | Self::Pointed { kind, .. } => vec![*kind],
            Self::AllUnder(under) | Self::OneUnder(under, _) => vec![under.parent, under.kind],
            Self::Root | Self::Status | Self::Config | Self::Tags | Self::Tag(_) | Self::Schema(_) => Vec::new(),
        }
    }
}

/// The kinds of the open-source gateway.
pub(super) fn served(catalog: &Catalog) -> impl Iterator<Item = (KindId, &Kind)> {
    catalog.kinds().filter(|(_, kind)| kind.edition == Edition::Community)
}

/// The path of what an entity refers to; one that is reached by its children's names has none.
fn pointed(catalog: &Catalog, id: KindId, kind: &Kind, name: &str, below: &str) -> Option<Place> {
    let foreign = kind
        .foreign
        .iter()
        .find(|foreign| foreign.field == below && !foreign.list)?;
    let names = catalog.kind(foreign.kind).names_children.as_ref();
    if names.is_some_and(|names| names.kind == id) || catalog.kind(foreign.kind).edition != Edition::Community {
        return None;
    }
    Some(Place::Pointed {
        kind: id,
        name: name.to_owned(),
        foreign: foreign.clone(),
    })
}

fn under(catalog: &Catalog, parent: KindId, name: &str, below: &str) -> Option<Under> {
    served(catalog).find_map(|(id, kind)| {
        let path = kind.nested_path.as_ref().unwrap_or(&kind.path);
        let foreign = kind
            .foreign
            .iter()
            .find(|foreign| foreign.kind == parent && !foreign.list)?;
        (path == below).then(|| Under {
            parent,
            name: name.to_owned(),
            kind: id,
            field: foreign.field.clone(),
        })
    })
}
