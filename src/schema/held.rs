use uuid::Uuid;

use json::{Object, Value};

/// What a foreign key holds, once it is known which entities are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// The id of an entity.
    One(Uuid),
    /// A list of ids.
    Several(Vec<Uuid>),
}

impl Held {
    /// As the server shows it.
    pub fn value(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::One(id) => Value::Object(Object::from_iter([("id".to_owned(), Value::from(id.to_string()))])),
            Self::Several(ids) => ids.iter().map(Uuid::to_string).collect(),
        }
    }

    /// Whether the server shows it so.
    pub fn is(&self, shown: &Value) -> bool {
        match (self, shown) {
            (Self::One(id), Value::Object(members)) => {
                let mut text = Uuid::encode_buffer();
                let text: &str = id.hyphenated().encode_lower(&mut text);
                members.len() == 1 && members.get("id").is_some_and(|known| known == text)
            }
            _ => self.value() == *shown,
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
        let all = [Held::Nothing, Held::One(id), Held::Several(vec![id])];
        for (at, held) in all.iter().enumerate() {
            assert!(held.is(&held.value()));
            let others = all.iter().enumerate().filter(|(other, _)| *other != at);
            assert!(others.into_iter().all(|(_, other)| !held.is(&other.value())));
        }
        assert!(!Held::One(id).is(&json!({"id": id.to_string(), "name": "a"})));
        assert!(!Held::One(id).is(&json!({"id": id.simple().to_string()})));
        assert!(!Held::One(id).is(&Value::Null));
    }
}
