use super::{Object, Value};

/// A step into a value. A path is any sequence of what becomes steps: names, indices, steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathStep<'a> {
    Name(&'a str),
    /// The member of a list, counted from 0.
    Index(usize),
}

impl<'a> From<&'a str> for PathStep<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&&'a str> for PathStep<'a> {
    fn from(name: &&'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&'a String> for PathStep<'a> {
    fn from(name: &'a String) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&PathStep<'a>> for PathStep<'a> {
    fn from(step: &PathStep<'a>) -> Self {
        *step
    }
}

impl Value {
    /// The value one step deeper.
    fn step(&self, step: PathStep<'_>) -> Option<&Self> {
        match step {
            PathStep::Name(name) => self.get(name),
            PathStep::Index(index) => self.get_index(index),
        }
    }

    /// The value one step deeper, to be changed.
    fn step_mut(&mut self, step: PathStep<'_>) -> Option<&mut Self> {
        match step {
            PathStep::Name(name) => self.get_mut(name),
            PathStep::Index(index) => self.get_index_mut(index),
        }
    }

    /// The value one step deeper, which is made if there is none: `null` becomes an object or list, lists grow.
    /// None in a value of another type.
    fn step_or_null(&mut self, step: PathStep<'_>) -> Option<&mut Self> {
        match (step, self.is_null()) {
            (PathStep::Name(_), true) => *self = Self::Object(Object::new()),
            (PathStep::Index(_), true) => *self = Self::Array(Vec::new()),
            (_, false) => {}
        }
        match (step, self) {
            (PathStep::Name(name), Self::Object(members)) => Some(members.get_or_null(name)),
            (PathStep::Index(index), Self::Array(members)) => {
                if members.len() <= index {
                    members.resize(index + 1, Self::Null);
                }
                members.get_mut(index)
            }
            _ => None,
        }
    }
}

impl Object {
    /// The value at a path; none at an empty one.
    pub fn get_path<'p, S: Into<PathStep<'p>>>(&self, path: impl IntoIterator<Item = S>) -> Option<&Value> {
        let mut steps = path.into_iter().map(Into::into);
        let PathStep::Name(first) = steps.next()? else {
            return None;
        };
        steps.try_fold(self.get(first)?, Value::step)
    }

    /// The value at a path, to be changed.
    pub fn get_path_mut<'p, S: Into<PathStep<'p>>>(&mut self, path: impl IntoIterator<Item = S>) -> Option<&mut Value> {
        let mut steps = path.into_iter().map(Into::into);
        let PathStep::Name(first) = steps.next()? else {
            return None;
        };
        steps.try_fold(self.get_mut(first)?, Value::step_mut)
    }

    /// The value at a path, which is made, as everything that the path leads through, where it is not there or `null`.
    /// None where the path leads through a value of another type.
    pub fn get_path_or_null<'p, S: Into<PathStep<'p>>>(
        &mut self,
        path: impl IntoIterator<Item = S>,
    ) -> Option<&mut Value> {
        let mut steps = path.into_iter().map(Into::into);
        let PathStep::Name(first) = steps.next()? else {
            return None;
        };
        steps.try_fold(self.get_or_null(first), Value::step_or_null)
    }

    /// Puts a value at a path. What the path leads through is made, in place of values of another type too.
    pub fn put_path<'p, S: Into<PathStep<'p>>>(&mut self, path: impl IntoIterator<Item = S>, value: Value) {
        let mut steps = path.into_iter().map(Into::into);
        let Some(PathStep::Name(first)) = steps.next() else {
            return;
        };
        let mut slot = self.get_or_null(first);
        for step in steps {
            let fits = match step {
                PathStep::Name(_) => slot.is_object(),
                PathStep::Index(_) => slot.is_array(),
            };
            if !fits {
                *slot = Value::Null;
            }
            match slot.step_or_null(step) {
                Some(deeper) => slot = deeper,
                None => return,
            }
        }
        *slot = value;
    }

    /// Takes the member of an object at a path of names out.
    pub fn remove_path<'p>(&mut self, path: &[impl Copy + Into<PathStep<'p>>]) -> Option<Value> {
        let (last, outer) = path.split_last()?;
        let PathStep::Name(last) = (*last).into() else {
            return None;
        };
        match outer {
            [] => self.remove(last),
            outer => self.get_path_mut(outer.iter().copied())?.as_object_mut()?.remove(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn object() -> Object {
        let value = json!({"a": {"b": [1, {"c": 2}]}, "n": null, "t": "x"});
        value.as_object().cloned().expect("an object")
    }

    const TO_C: [PathStep<'_>; 4] = [
        PathStep::Name("a"),
        PathStep::Name("b"),
        PathStep::Index(1),
        PathStep::Name("c"),
    ];

    #[test]
    fn a_value_is_found_at_its_path() {
        let mut object = object();
        assert_eq!(object.get_path(TO_C), Some(&json!(2)));
        assert_eq!(object.get_path("a.x".split('.')), None);
        assert_eq!(object.get_path(["t", "x"]), None);
        assert_eq!(object.get_path::<&str>([]), None);
        *object.get_path_mut(TO_C).expect("a value") = json!(3);
        assert_eq!(object.get_path(TO_C), Some(&json!(3)));
    }

    #[test]
    fn what_a_path_leads_through_is_made() {
        let mut object = object();
        let new = [PathStep::Name("n"), PathStep::Index(1), PathStep::Name("x")];
        *object.get_path_or_null(new).expect("a place") = json!(true);
        assert_eq!(object["n"], json!([null, {"x": true}]));
        assert_eq!(object.get_path_or_null(["t", "x"]), None);
        assert_eq!(object["t"], json!("x"));
        object.put_path(["t", "x"], json!(1));
        object.put_path(["new"], json!(2));
        assert_eq!((&object["t"], &object["new"]), (&json!({"x": 1}), &json!(2)));
    }

    #[test]
    fn a_member_is_taken_out_at_its_path() {
        let mut object = object();
        assert_eq!(object.remove_path(&TO_C), Some(json!(2)));
        assert_eq!(object.remove_path(&TO_C), None);
        assert_eq!(object.remove_path(&["t"]), Some(json!("x")));
        assert_eq!(object["a"], json!({"b": [1, {}]}));
    }
}
