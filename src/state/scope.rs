use std::collections::BTreeSet;

/// A scope's place in the desired state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// What a document owns: the entities that bear all of these tags; without tags, everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// Its select tags.
    pub tags: BTreeSet<String>,
}

impl Scope {
    /// Whether an entity with these tags belongs to the scope.
    pub fn includes_tags<'a>(&self, tags: impl IntoIterator<Item = &'a str>) -> bool {
        let tags: Vec<&str> = tags.into_iter().collect();
        self.tags.iter().all(|tag| tags.contains(&tag.as_str()))
    }

    /// Whether all that the other scope owns is owned by this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.tags.is_subset(&other.tags)
    }
}
