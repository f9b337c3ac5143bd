use std::fmt;

use json::{Object, PathStep, Value};

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathSegment {
    /// The member of a record or map.
    Name(String),
    /// The member of a list, counted from 0.
    Index(usize),
}

impl<'a> From<&'a PathSegment> for PathStep<'a> {
    fn from(segment: &'a PathSegment) -> Self {
        match segment {
            PathSegment::Name(name) => Self::Name(name),
            PathSegment::Index(index) => Self::Index(*index),
        }
    }
}

/// Where in an entity's body a value stands: `config.redis.password`, `hosts[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<PathSegment>);

impl FieldPath {
    /// The path of a top-level field.
    pub fn from_field(name: &str) -> Self {
        Self(vec![PathSegment::Name(name.to_owned())])
    }

    /// The path of names through nested records.
    pub(crate) fn from_names(names: &[&str]) -> Self {
        Self(names.iter().map(|name| PathSegment::Name((*name).to_owned())).collect())
    }

    /// Reads the dotted form used in kind files (`config.redis.password`); list members cannot be written so.
    pub fn from_dotted(text: &str) -> Self {
        Self(text.split('.').map(|name| PathSegment::Name(name.to_owned())).collect())
    }

    /// This path, one member deeper.
    pub fn with_name(&self, name: &str) -> Self {
        self.with_segment(PathSegment::Name(name.to_owned()))
    }

    /// This path, one list member deeper.
    pub fn with_index(&self, index: usize) -> Self {
        self.with_segment(PathSegment::Index(index))
    }

    /// The name of the top-level field, if the path has one.
    pub fn top_field(&self) -> Option<&str> {
        match self.0.first() {
            Some(PathSegment::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The value there in a body.
    pub fn value_in<'b>(&self, body: &'b Object) -> Option<&'b Value> {
        body.get_path(&self.0)
    }

    /// The value there in a body, to be changed.
    pub fn value_in_mut<'b>(&self, body: &'b mut Object) -> Option<&'b mut Value> {
        body.get_path_mut(&self.0)
    }

    /// Takes the value there out of its record or map.
    pub fn remove_from(&self, body: &mut Object) -> Option<Value> {
        let steps: Vec<PathStep<'_>> = self.0.iter().map(PathStep::from).collect();
        body.remove_path(&steps)
    }

    pub fn from_steps(steps: &[PathStep<'_>]) -> Self {
        let owned = steps.iter().map(|step| match step {
            PathStep::Name(name) => PathSegment::Name((*name).to_owned()),
            PathStep::Index(index) => PathSegment::Index(*index),
        });
        Self(owned.collect())
    }

    /// Whether this path is the other one or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    fn with_segment(&self, segment: PathSegment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                PathSegment::Name(name) if at == 0 => write!(f, "{name}")?,
                PathSegment::Name(name) => write!(f, ".{name}")?,
                PathSegment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
