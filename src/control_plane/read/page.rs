use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use crate::control_plane::dialect::PAGE;
use crate::schema::Object;

/// A page of a list.
#[derive(Deserialize)]
pub struct Page {
    /// The entities, ordered by id.
    #[serde(deserialize_with = "list")]
    pub data: Vec<Object>,
    /// Where the next page begins, if there is one.
    #[serde(default)]
    pub offset: Option<String>,
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// Says where it is no page of Kong's, and repeats nothing of it.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(body).map_err(|error| format!("no text (byte {})", error.valid_up_to()))?;
        serde_json::from_str(text).map_err(|error| {
            let what = match error.classify() {
                Category::Eof => "the answer ends too early",
                Category::Syntax => "no JSON",
                Category::Data | Category::Io => "no list of entities",
            };
            format!("{what} (line {}, column {})", error.line(), error.column())
        })
    }
}

/// A list; Lua may write an empty one as `{}`.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Object>, D::Error> {
    deserializer.deserialize_any(List)
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = Vec<Object>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entities")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::with_capacity(usize::from(PAGE));
        while let Some(member) = members.next_element()? {
            list.push(member);
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        match members.next_entry::<IgnoredAny, IgnoredAny>()? {
            None => Ok(Vec::new()),
            Some(_) => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_an_empty_one_may_be_a_map() {
        let page = Page::read(br#"{"data":[{"id":"1"},{"id":"2"}],"next":"/x","offset":"abc"}"#)
            .unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((page.data.len(), page.offset.as_deref()), (2, Some("abc")));
        assert_eq!(
            Page::read(br#"{"data":{},"next":null}"#).map(|page| page.data.len()),
            Ok(0)
        );
    }

    #[test]
    fn what_is_no_page_is_told_without_any_of_it() {
        for body in [
            r#"{"data":{"a":"hush"}}"#,
            r#"{"data":["hush"]}"#,
            "hush",
            r#"{"data":[{"#,
        ] {
            let why = Page::read(body.as_bytes()).map(|_| ()).unwrap_err();
            assert!(!why.contains("hush"), "{why}");
        }
        let why = Page::read(b"{\"data\":[],\"x\":\"hush\xff\"}").map(|_| ()).unwrap_err();
        assert_eq!(why, "no text (byte 20)");
    }
}
