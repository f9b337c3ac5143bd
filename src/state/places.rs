use json::Name;
use schema::{FieldPath, Segment};
use yaml::Span;

/// Where an entity and the parts of its body stand in the files: the shape of what was read, without its values.
///
/// Parts that came from `_info.defaults` or `_plugin_configs` point there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Where the value stands.
    pub span: Span,
    /// What is inside it.
    pub parts: Parts,
}

/// The parts of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts {
    /// It has none.
    Scalar,
    /// The members of a list.
    List(Vec<Places>),
    /// The values of a map; many of them in the order of their names.
    Map(Vec<NamedPlace>),
}

/// Where a named value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPlace {
    /// Its name.
    pub name: Name,
    /// Where the name stands.
    pub key: Span,
    /// Where the value stands.
    pub value: Places,
}

/// From so many on, the names of a map are kept in order, to be found sooner.
const MANY: usize = 24;

impl Parts {
    /// The values of a map.
    pub fn map(mut named: Vec<NamedPlace>) -> Self {
        if named.len() >= MANY {
            named.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Self::Map(named)
    }
}

impl Places {
    /// A value without parts.
    pub fn scalar(span: Span) -> Self {
        Self {
            span,
            parts: Parts::Scalar,
        }
    }

    /// Where a value stands; the nearest enclosing place that does, where it is not itself there.
    pub fn value_at(&self, path: &FieldPath) -> Span {
        self.walk(path, |_| ()).0
    }

    /// Where the name of a value stands; where the value stands if it has none.
    pub fn name_at(&self, path: &FieldPath) -> Span {
        let (value, name) = self.walk(path, |named| named.key);
        name.unwrap_or(value)
    }

    /// Whether there is a value.
    pub fn has(&self, path: &FieldPath) -> bool {
        path.0
            .iter()
            .try_fold(self, |places, segment| places.part(segment).map(|(part, _)| part))
            .is_some()
    }

    /// The part of that name.
    pub fn get(&self, name: &str) -> Option<&NamedPlace> {
        match &self.parts {
            Parts::Map(named) if named.len() < MANY => named.iter().find(|part| part.name == name),
            Parts::Map(named) => {
                let at = named.binary_search_by(|part| part.name.as_str().cmp(name));
                at.ok().and_then(|at| named.get(at))
            }
            _ => None,
        }
    }

    fn walk<T>(&self, path: &FieldPath, of_name: impl Fn(&NamedPlace) -> T) -> (Span, Option<T>) {
        let mut here = self;
        let mut name = None;
        for segment in &path.0 {
            let Some((part, named)) = here.part(segment) else {
                return (here.span, None);
            };
            name = named.map(&of_name);
            here = part;
        }
        (here.span, name)
    }

    fn part(&self, segment: &Segment) -> Option<(&Self, Option<&NamedPlace>)> {
        match (segment, &self.parts) {
            (Segment::Name(name), _) => self.get(name).map(|named| (&named.value, Some(named))),
            (Segment::Index(index), Parts::List(members)) => members.get(*index).map(|member| (member, None)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::FileId;

    #[test]
    fn parts_are_found_in_short_and_in_long_maps() {
        for count in [3, MANY - 1, MANY, 10 * MANY] {
            let span = |at| Span {
                file: FileId(0),
                start: at,
                end: at + 1,
                line: at + 1,
                column: 1,
            };
            let named = (0..count as u32).rev().map(|at| NamedPlace {
                name: format!("name-{at}").into(),
                key: span(at),
                value: Places::scalar(span(at)),
            });
            let places = Places {
                span: span(0),
                parts: Parts::map(named.collect()),
            };
            for at in 0..count as u32 {
                let path = FieldPath::field(&format!("name-{at}"));
                assert_eq!(places.name_at(&path), span(at), "{count}");
            }
            assert!(!places.has(&FieldPath::field("name")));
        }
    }
}
