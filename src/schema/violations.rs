use super::{FieldPath, PathSegment};
use json::{Object, Value};

/// What Kong finds wrong with a body: the tree it answers under `fields`, word for word.
///
/// Leaves are messages; records nest; the members of lists stand at their place in an array, `null` where nothing is
/// wrong; what concerns the whole record stands as a list under `@entity`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchemaViolations(pub Object);

impl SchemaViolations {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a message about a field: nested as the path is, lists filled up with `null`. The first about a field stays.
    pub fn insert(&mut self, path: &FieldPath, message: impl Into<String>) {
        if let Some(place) = self.0.get_path_or_null(&path.0).filter(|place| place.is_null()) {
            *place = Value::String(message.into());
        }
    }

    /// Every message with the field it is about; what concerns a whole record has that record's path.
    pub fn flatten(&self) -> Vec<(FieldPath, String)> {
        let mut found = Vec::new();
        collect_messages(&Value::Object(self.0.clone()), FieldPath::default(), &mut found);
        found
    }
}

fn collect_messages(value: &Value, at: FieldPath, found: &mut Vec<(FieldPath, String)>) {
    match value {
        Value::String(message) => found.push((at, message.clone())),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                collect_messages(member, at.with_index(index), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::Array(messages) if name == "@entity" => {
                        for message in messages {
                            collect_messages(message, at.clone(), found);
                        }
                    }
                    _ => {
                        let mut deeper = at.0.clone();
                        deeper.push(PathSegment::Name(name.to_owned()));
                        collect_messages(member, FieldPath(deeper), found);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    #[test]
    fn messages_stand_where_their_fields_do() {
        let mut found = SchemaViolations::default();
        found.insert(&FieldPath::from_field("hosts").with_index(1), "odd");
        found.insert(&FieldPath::from_dotted("config.redis.port"), "high");
        assert_eq!(
            Value::Object(found.0.clone()),
            json!({"hosts": [null, "odd"], "config": {"redis": {"port": "high"}}})
        );
        let paths: Vec<String> = found.flatten().into_iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(paths, ["config.redis.port", "hosts[1]"]);
    }
}
