use serde::ser::{Serialize, SerializeMap, Serializer};

use json::{Object, Value};

/// The text in which an entity is kept and answered.
///
/// Kong writes the fields of a record that is the member of a list with the last one first (`port` before `ip`, recorded):
/// those who compare or sort such members by their text depend on it.
pub(super) fn serialize_body(body: &Object) -> String {
    let fields = body.iter().map(|(name, value)| (name, StoredValue(value)));
    let mut text = Vec::new();
    // JSON values have nothing that cannot be written
    let written = serde_json::Serializer::new(&mut text).collect_map(fields);
    debug_assert!(written.is_ok());
    String::from_utf8(text).unwrap_or_default()
}

struct StoredValue<'a>(&'a Value);

struct StoredListMember<'a>(&'a Value);

impl Serialize for StoredValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(members) => serializer.collect_seq(members.iter().map(StoredListMember)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, StoredValue(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

impl Serialize for StoredListMember<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(fields) = self.0 else {
            return StoredValue(self.0).serialize(serializer);
        };
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for (name, value) in fields.iter().rev() {
            map.serialize_entry(name, &StoredValue(value))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_lists_are_written_last_field_first() {
        let body = json::json!({"a": [{"ip": null, "port": 80}, [1]], "b": {"c": 1, "d": [true]}});
        let Value::Object(body) = body else { panic!("an object") };
        assert_eq!(
            serialize_body(&body),
            r#"{"a":[{"port":80,"ip":null},[1]],"b":{"c":1,"d":[true]}}"#
        );
        assert_eq!(serialize_body(&Object::new()), "{}");
    }
}
