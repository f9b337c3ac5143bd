use std::ops::Deref;

use super::Field;

/// The fields of a record in the order of its schema; those of an object are met by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    listed: Vec<(String, Field)>,
    /// Their places, in the order of their names.
    sorted: Vec<usize>,
}

impl Fields {
    /// The field of that name, to be changed.
    pub fn named_mut(&mut self, name: &str) -> Option<&mut Field> {
        let mut listed = self.listed.iter_mut();
        listed.find(|(known, _)| known == name).map(|(_, field)| field)
    }

    /// The fields in the order of their names, as they stand in an object.
    pub fn by_name(&self) -> impl Iterator<Item = &(String, Field)> {
        self.sorted.iter().map(|at| &self.listed[*at])
    }

    /// Puts fields in the place of those of the same name, or behind the others.
    pub fn put(&mut self, fields: &[(String, Field)]) {
        let mut listed = std::mem::take(&mut self.listed);
        for (name, field) in fields {
            match listed.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.clone_from(field),
                None => listed.push((name.clone(), field.clone())),
            }
        }
        *self = Self::from(listed);
    }
}

/// Of several of one name the first counts.
impl From<Vec<(String, Field)>> for Fields {
    fn from(listed: Vec<(String, Field)>) -> Self {
        let mut sorted: Vec<usize> = (0..listed.len()).collect();
        sorted.sort_by_key(|at| &listed[*at].0);
        sorted.dedup_by_key(|at| &listed[*at].0);
        Self { listed, sorted }
    }
}

impl Deref for Fields {
    type Target = [(String, Field)];

    fn deref(&self) -> &Self::Target {
        &self.listed
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a (String, Field);
    type IntoIter = std::slice::Iter<'a, (String, Field)>;

    fn into_iter(self) -> Self::IntoIter {
        self.listed.iter()
    }
}
