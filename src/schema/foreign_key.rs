use uuid::Uuid;

use json::{Object, Value};

/// A resolved foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignKeyValue {
    Null,
    Id(Uuid),
    Ids(Vec<Uuid>),
}

impl ForeignKeyValue {
    /// As the server shows it.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Id(id) => Value::Object(Object::from_iter([("id".to_owned(), Value::from(id.to_string()))])),
            Self::Ids(ids) => ids.iter().map(Uuid::to_string).collect(),
        }
    }

    /// Whether the server shows it so.
    pub fn matches(&self, shown: &Value) -> bool {
        match (self, shown) {
            (Self::Id(id), Value::Object(members)) => {
                let mut text = Uuid::encode_buffer();
                let text: &str = id.hyphenated().encode_lower(&mut text);
                members.len() == 1 && members.get("id").is_some_and(|known| known == text)
            }
            _ => self.to_value() == *shown,
        }
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    #[test]
    fn it_is_what_the_server_shows() {
        let id = Uuid::from_u128(0x0bad_cafe);
        let all = [
            ForeignKeyValue::Null,
            ForeignKeyValue::Id(id),
            ForeignKeyValue::Ids(vec![id]),
        ];
        for (at, value) in all.iter().enumerate() {
            assert!(value.matches(&value.to_value()));
            let others = all.iter().enumerate().filter(|(other, _)| *other != at);
            assert!(others.into_iter().all(|(_, other)| !value.matches(&other.to_value())));
        }
        assert!(!ForeignKeyValue::Id(id).matches(&json!({"id": id.to_string(), "name": "a"})));
        assert!(!ForeignKeyValue::Id(id).matches(&json!({"id": id.simple().to_string()})));
        assert!(!ForeignKeyValue::Id(id).matches(&Value::Null));
    }
}
