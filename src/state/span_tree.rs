use json::ObjectKey;
use schema::{FieldPath, PathSegment};
use yaml::Span;

/// Where an entity and the parts of its body stand in the files: the shape of what was read, without its values.
///
/// Parts that came from `_info.defaults` or `_plugin_configs` point there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpanTree {
    /// Where the value stands.
    pub(crate) span: Span,
    /// What is inside it.
    pub(crate) children: SpanChildren,
}

/// The parts of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpanChildren {
    /// It has none.
    Leaf,
    /// The members of a list.
    List(Vec<SpanTree>),
    /// The values of a map; many of them in the order of their names.
    Map(Vec<NamedSpanTree>),
}

/// Where a named value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedSpanTree {
    /// Its name.
    pub(crate) name: ObjectKey,
    /// Where the name stands.
    pub(crate) name_span: Span,
    /// Where the value stands.
    pub(crate) tree: SpanTree,
}

/// From so many on, the names of a map are kept in order, to be found sooner.
const SORT_THRESHOLD: usize = 24;

impl SpanChildren {
    /// The values of a map.
    pub(crate) fn from_named(mut named: Vec<NamedSpanTree>) -> Self {
        if named.len() >= SORT_THRESHOLD {
            named.sort_by(|left, right| left.name.cmp(&right.name));
        }
        Self::Map(named)
    }
}

impl SpanTree {
    /// A value without parts.
    pub(crate) fn leaf(span: Span) -> Self {
        Self {
            span,
            children: SpanChildren::Leaf,
        }
    }

    /// Where a value stands; the nearest enclosing place that does, where it is not itself there.
    pub(crate) fn value_span(&self, path: &FieldPath) -> Span {
        self.find_span(path, |_| ()).0
    }

    /// Where the name of a value stands; where the value stands if it has none.
    pub(crate) fn name_span(&self, path: &FieldPath) -> Span {
        let (value, name) = self.find_span(path, |named| named.name_span);
        name.unwrap_or(value)
    }

    /// Whether there is a value.
    pub(crate) fn contains(&self, path: &FieldPath) -> bool {
        path.0
            .iter()
            .try_fold(self, |tree, segment| tree.child(segment).map(|(part, _)| part))
            .is_some()
    }

    /// The part of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&NamedSpanTree> {
        match &self.children {
            SpanChildren::Map(named) if named.len() < SORT_THRESHOLD => named.iter().find(|part| part.name == name),
            SpanChildren::Map(named) => {
                let index = named.binary_search_by(|part| part.name.as_str().cmp(name));
                index.ok().and_then(|index| named.get(index))
            }
            _ => None,
        }
    }

    fn find_span<T>(&self, path: &FieldPath, of_name: impl Fn(&NamedSpanTree) -> T) -> (Span, Option<T>) {
        let mut node = self;
        let mut name = None;
        for segment in &path.0 {
            let Some((part, named)) = node.child(segment) else {
                return (node.span, None);
            };
            name = named.map(&of_name);
            node = part;
        }
        (node.span, name)
    }

    fn child(&self, segment: &PathSegment) -> Option<(&Self, Option<&NamedSpanTree>)> {
        match (segment, &self.children) {
            (PathSegment::Name(name), _) => self.get(name).map(|named| (&named.tree, Some(named))),
            (PathSegment::Index(index), SpanChildren::List(members)) => {
                members.get(*index).map(|member| (member, None))
            }
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
        for count in [3, SORT_THRESHOLD - 1, SORT_THRESHOLD, 10 * SORT_THRESHOLD] {
            let span = |index| Span {
                file: FileId(0),
                start: index,
                end: index + 1,
                line: index + 1,
                column: 1,
            };
            let named = (0..count as u32).rev().map(|index| NamedSpanTree {
                name: format!("name-{index}").into(),
                name_span: span(index),
                tree: SpanTree::leaf(span(index)),
            });
            let tree = SpanTree {
                span: span(0),
                children: SpanChildren::from_named(named.collect()),
            };
            for index in 0..count as u32 {
                let path = FieldPath::from_field(&format!("name-{index}"));
                assert_eq!(tree.name_span(&path), span(index), "{count}");
            }
            assert!(!tree.contains(&FieldPath::from_field("name")));
        }
    }
}
