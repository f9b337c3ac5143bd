use std::fmt;

use json::{Object, Value};

/// One step into a body.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// The member of a record or map.
    Name(String),
    /// The member of a list, counted from 0.
    Index(usize),
}

/// A step into a body, borrowed: what a walk through one keeps instead of a path, until it has something to say.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// The member of a record or map.
    Name(&'a str),
    /// The member of a list.
    Index(usize),
}

/// Where in an entity's body a value stands: `config.redis.password`, `hosts[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// The path of a top-level field.
    pub fn field(name: &str) -> Self {
        Self(vec![Segment::Name(name.to_owned())])
    }

    /// Reads the dotted form used in kind files (`config.redis.password`); list members cannot be written so.
    pub fn dotted(text: &str) -> Self {
        Self(text.split('.').map(|name| Segment::Name(name.to_owned())).collect())
    }

    /// This path, one member deeper.
    pub fn name(&self, name: &str) -> Self {
        self.deeper(Segment::Name(name.to_owned()))
    }

    /// This path, one list member deeper.
    pub fn index(&self, index: usize) -> Self {
        self.deeper(Segment::Index(index))
    }

    /// The name of the top-level field, if the path has one.
    pub fn top(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// What stands there in a body.
    pub fn value_in<'b>(&self, body: &'b Object) -> Option<&'b Value> {
        let (Segment::Name(top), rest) = self.0.split_first()? else {
            return None;
        };
        rest.iter().try_fold(body.get(top)?, |value, segment| match segment {
            Segment::Name(name) => value.get(name),
            Segment::Index(index) => value.at(*index),
        })
    }

    /// What stands there in a body, to be changed.
    pub fn value_in_mut<'b>(&self, body: &'b mut Object) -> Option<&'b mut Value> {
        let (Segment::Name(top), rest) = self.0.split_first()? else {
            return None;
        };
        rest.iter()
            .try_fold(body.get_mut(top)?, |value, segment| match segment {
                Segment::Name(name) => value.get_mut(name),
                Segment::Index(index) => value.at_mut(*index),
            })
    }

    /// The path that steps make.
    pub(super) fn of(steps: &[Step<'_>]) -> Self {
        let owned = steps.iter().map(|step| match step {
            Step::Name(name) => Segment::Name((*name).to_owned()),
            Step::Index(index) => Segment::Index(*index),
        });
        Self(owned.collect())
    }

    /// Whether this path is the other one or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    fn deeper(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Name(name) if at == 0 => write!(f, "{name}")?,
                Segment::Name(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
