use std::fmt;

use super::Value;

/// A member's name; a short one is stored in the object itself, without an allocation.
pub type ObjectKey = compact_str::CompactString;

/// The members of a JSON object, ordered by name.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Object(Vec<(ObjectKey, Value)>);

impl Object {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.position(name).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.position(name).ok().map(|at| &mut self.0[at].1)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Sets a member, and returns its value before.
    pub fn insert(&mut self, name: impl Into<ObjectKey>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.position(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// The member of that name, inserted if there is none.
    pub fn get_or_insert_with(&mut self, name: &str, make: impl FnOnce() -> Value) -> &mut Value {
        let at = self.position(name).unwrap_or_else(|at| {
            self.0.insert(at, (name.into(), make()));
            at
        });
        &mut self.0[at].1
    }

    /// The member of that name, inserted as `null` if there is none.
    pub fn get_or_null(&mut self, name: &str) -> &mut Value {
        self.get_or_insert_with(name, || Value::Null)
    }

    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.position(name).ok().map(|at| self.0.remove(at).1)
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.0.retain_mut(|(name, value)| keep(name, value));
    }

    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    pub fn iter_mut(&mut self) -> IterMut<'_> {
        IterMut(self.0.iter_mut())
    }

    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub fn into_values(self) -> impl Iterator<Item = Value> {
        self.0.into_iter().map(|(_, value)| value)
    }

    /// The index of the member of that name, or the one at which it would be inserted.
    fn position(&self, name: &str) -> Result<usize, usize> {
        match self.0.last() {
            // fast path: members mostly come in their order
            Some((last, _)) if last.as_str() < name => Err(self.0.len()),
            _ => self.0.binary_search_by(|(known, _)| known.as_str().cmp(name)),
        }
    }
}

/// Makes an object of members in any order. Of several of one name the last counts.
impl From<Vec<(ObjectKey, Value)>> for Object {
    fn from(mut members: Vec<(ObjectKey, Value)>) -> Self {
        if !members.is_sorted_by(|(left, _), (right, _)| left < right) {
            // the sort is stable, so that the last of a name comes first once all are reversed
            members.reverse();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members.dedup_by(|(left, _), (right, _)| left == right);
        }
        Self(members)
    }
}

impl<N: Into<ObjectKey>> FromIterator<(N, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(members: I) -> Self {
        let members = members.into_iter().map(|(name, value)| (name.into(), value));
        Self::from(members.collect::<Vec<_>>())
    }
}

impl<N: Into<ObjectKey>> Extend<(N, Value)> for Object {
    fn extend<I: IntoIterator<Item = (N, Value)>>(&mut self, members: I) {
        let mut all = std::mem::take(&mut self.0);
        all.extend(members.into_iter().map(|(name, value)| (name.into(), value)));
        *self = Self::from(all);
    }
}

impl IntoIterator for Object {
    type Item = (ObjectKey, Value);
    type IntoIter = std::vec::IntoIter<(ObjectKey, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a str, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Object {
    type Item = (&'a str, &'a mut Value);
    type IntoIter = IterMut<'a>;

    fn into_iter(self) -> IterMut<'a> {
        self.iter_mut()
    }
}

pub struct IterMut<'a>(std::slice::IterMut<'a, (ObjectKey, Value)>);

impl<'a> Iterator for IterMut<'a> {
    type Item = (&'a str, &'a mut Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value))
    }
}

#[derive(Clone)]
pub struct Iter<'a>(std::slice::Iter<'a, (ObjectKey, Value)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(name, value)| (name.as_str(), value))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}
