use std::fmt;

use crate::wire;
use json::Object;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::error::Category;

/// Reads a page of a list and hands over each entity as soon as it is read, so that only one is in memory. Returns the
/// offset of the next page, if there is one.
///
/// # Errors
/// Says where it is no page of Kong's, and repeats nothing of it.
pub(crate) fn parse_page(body: &[u8], mut on_entity: impl FnMut(Object)) -> Result<Option<String>, String> {
    let text = str::from_utf8(body).map_err(|error| format!("no text (byte {})", error.valid_up_to()))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(PageVisitor(&mut on_entity));
    let read = read.and_then(|offset| json.end().map(|()| offset));
    read.map_err(|error| {
        let problem = match error.classify() {
            Category::Eof => "the answer ends too early",
            Category::Syntax => "no JSON",
            Category::Data | Category::Io => "no list of entities",
        };
        format!("{problem} (line {}, column {})", error.line(), error.column())
    })
}

struct PageVisitor<'e, E>(&'e mut E);

impl<'de, E: FnMut(Object)> Visitor<'de> for PageVisitor<'_, E> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut data, mut offset) = (None, None);
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                wire::DATA if data.is_some() => return Err(A::Error::duplicate_field(wire::DATA)),
                wire::DATA => data = Some(members.next_value_seed(EntityListVisitor(&mut *self.0))?),
                "offset" => offset = members.next_value()?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        data.ok_or_else(|| A::Error::missing_field(wire::DATA))?;
        Ok(offset)
    }
}

/// A list; Lua may write an empty one as `{}`.
struct EntityListVisitor<'e, E>(&'e mut E);

impl<'de, E: FnMut(Object)> DeserializeSeed<'de> for EntityListVisitor<'_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: FnMut(Object)> Visitor<'de> for EntityListVisitor<'_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entities")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(member) = members.next_element()? {
            (self.0)(member);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        match members.next_entry::<IgnoredAny, IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_an_empty_one_may_be_a_map() {
        let read = |body: &str| {
            let mut count = 0;
            parse_page(body.as_bytes(), |_| count += 1).map(|offset| (count, offset))
        };
        let page = read(r#"{"data":[{"id":"1"},{"id":"2"}],"next":"/x","offset":"abc"}"#);
        assert_eq!(page, Ok((2, Some("abc".to_owned()))));
        assert_eq!(read(r#"{"data":{},"next":null}"#), Ok((0, None)));
        for wrong in ["{}", "[]", r#"{"data":[]} x"#, r#"{"data":[],"data":[]}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn entities_are_those_of_the_whole_body_read_at_once() {
        let body =
            r#"{"next":{"data":[1]},"offset":"abc","data":[{"id":"1","data":[]},{"a":{"b":[1,null,"\u00fc"]}},{}]}"#;
        let mut entities = Vec::new();
        let offset = parse_page(body.as_bytes(), |entity| entities.push(entity)).unwrap();
        let whole: Object = serde_json::from_str(body).unwrap();
        let expected: Vec<Object> =
            serde_json::from_value(serde_json::from_str::<serde_json::Value>(body).unwrap()["data"].take()).unwrap();
        assert_eq!(
            (entities, offset.as_deref()),
            (expected, whole.get("offset").and_then(json::Value::as_str))
        );
    }

    #[test]
    fn what_is_no_page_is_named_without_any_of_it() {
        for body in [
            r#"{"data":{"a":"hush"}}"#,
            r#"{"data":["hush"]}"#,
            "hush",
            r#"{"data":[{"#,
        ] {
            let reason = parse_page(body.as_bytes(), drop).unwrap_err();
            assert!(!reason.contains("hush"), "{reason}");
        }
        let reason = parse_page(b"{\"data\":[],\"x\":\"hush\xff\"}", drop).unwrap_err();
        assert_eq!(reason, "no text (byte 20)");
    }
}
