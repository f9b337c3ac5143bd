use serde_json::Value;

use super::{FieldPath, Object, Segment};

/// What Kong finds wrong with a body: the tree it answers under `fields`, word for word.
///
/// Leaves are messages; records nest; the members of lists stand at their place in an array, `null` where nothing is
/// wrong; what concerns the whole record stands as a list under `@entity`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Violations(pub Object);

impl Violations {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every message with the field it is about; what concerns a whole record has that record's path.
    pub fn flatten(&self) -> Vec<(FieldPath, String)> {
        let mut found = Vec::new();
        collect(&Value::Object(self.0.clone()), FieldPath::default(), &mut found);
        found
    }
}

fn collect(value: &Value, at: FieldPath, found: &mut Vec<(FieldPath, String)>) {
    match value {
        Value::String(message) => found.push((at, message.clone())),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                collect(member, at.index(index), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::Array(messages) if name == "@entity" => {
                        for message in messages {
                            collect(message, at.clone(), found);
                        }
                    }
                    _ => {
                        let mut deeper = at.0.clone();
                        deeper.push(Segment::Name(name.clone()));
                        collect(member, FieldPath(deeper), found);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
