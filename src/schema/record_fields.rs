use std::ops::Deref;

use super::Field;

/// The fields of a record in the order of its schema, and by name, as members of objects are sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordFields {
    in_schema_order: Vec<(String, Field)>,
    /// Indices, sorted by name.
    name_order: Vec<usize>,
}

impl RecordFields {
    /// The field of that name, to be changed.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Field> {
        let mut listed = self.in_schema_order.iter_mut();
        listed.find(|(known, _)| known == name).map(|(_, field)| field)
    }

    /// The fields in the order of their names, as they stand in an object.
    pub(crate) fn iter_by_name(&self) -> impl Iterator<Item = &(String, Field)> {
        self.name_order.iter().map(|at| &self.in_schema_order[*at])
    }

    /// Puts fields in the place of those of the same name, or behind the others.
    pub(crate) fn replace_or_append(&mut self, fields: &[(String, Field)]) {
        let mut listed = std::mem::take(&mut self.in_schema_order);
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
impl From<Vec<(String, Field)>> for RecordFields {
    fn from(listed: Vec<(String, Field)>) -> Self {
        let mut sorted: Vec<usize> = (0..listed.len()).collect();
        sorted.sort_by_key(|at| &listed[*at].0);
        sorted.dedup_by_key(|at| &listed[*at].0);
        Self {
            in_schema_order: listed,
            name_order: sorted,
        }
    }
}

impl Deref for RecordFields {
    type Target = [(String, Field)];

    fn deref(&self) -> &Self::Target {
        &self.in_schema_order
    }
}

impl<'a> IntoIterator for &'a RecordFields {
    type Item = &'a (String, Field);
    type IntoIter = std::slice::Iter<'a, (String, Field)>;

    fn into_iter(self) -> Self::IntoIter {
        self.in_schema_order.iter()
    }
}
