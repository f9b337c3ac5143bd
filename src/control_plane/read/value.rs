use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::schema::Object;

/// A value of an answer. It is what [`Value`] reads, and read sooner: servers mostly write the members of an object in the
/// order in which it keeps them, so that it is made of all of them at once.
pub struct Read(pub Value);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any).map(Self)
    }
}

/// The members of an object. Of several of one name the last counts.
pub fn object<'de, A: MapAccess<'de>>(mut members: A) -> Result<Object, A::Error> {
    let mut read = Vec::with_capacity(MEMBERS);
    while let Some((name, Read(value))) = members.next_entry::<String, Read>()? {
        read.push((name, value));
    }
    Ok(read.into_iter().collect())
}

/// About as many members as objects have.
const MEMBERS: usize = 16;

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Read(member)) = members.next_element()? {
            list.push(member);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Value, A::Error> {
        object(members).map(Value::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_others_read() {
        for text in [
            r#"{"b":1,"a":[null,true,-2,18446744073709551615,1.5e3,"x\n\u00e9",{}],"c":{"z":{},"y":[[]]},"b":"again"}"#,
            "[]",
            "\"\"",
            "-0.0",
        ] {
            let read: Read = serde_json::from_str(text).expect("JSON");
            assert_eq!(read.0, serde_json::from_str::<Value>(text).expect("JSON"), "{text}");
        }
        for wrong in ["{\"a\":}", "[1,]", "{1:2}", ""] {
            assert!(serde_json::from_str::<Read>(wrong).is_err(), "{wrong}");
        }
    }
}
