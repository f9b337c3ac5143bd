//! JSON values, kept small: a control plane's entities are many, and mostly objects of a dozen members.
//!
//! A [`Value`] has the shape of that of `serde_json`. Its [`Object`] is one list, sorted by name, with short names stored
//! inline: one allocation, where a tree takes one for each name and node, and comparing two objects reads memory in
//! order. Strings are on the heap, so that moving a value leaves no copy of a secret behind.

mod convert;
mod deserialize;
mod object;
pub mod parallel;
mod path;
mod prefetch;
mod serialize;
mod value;

pub use object::{Iter, IterMut, Object, ObjectKey};
pub use path::PathStep;
pub use prefetch::{PREFETCH_BATCH, prefetch, prefetch_chunked};
pub use serde_json::Number;
pub use value::Value;

/// A value, written as JSON.
#[doc(hidden)]
#[macro_export]
macro_rules! __json {
    ($($text:tt)+) => {
        $crate::Value::from(serde_json::json!($($text)+))
    };
}
#[doc(inline)]
pub use __json as json;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &[&str] = &[
        r#"{"b":1,"a":[null,true,-2,18446744073709551615,1.5e3,"x\n\u00e9",{}],"c":{"z":{},"y":[[]]},"b":"again"}"#,
        r#"{"a name that stands in no object itself, long as it is":{"":0},"a":-0.0}"#,
        "[]",
        "\"\"",
    ];

    #[test]
    fn it_is_read_and_written_as_others_do() {
        for text in TEXTS {
            let read: Value = serde_json::from_str(text).expect("JSON");
            let known: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(read, Value::from(known.clone()), "{text}");
            assert_eq!(serde_json::Value::from(read.clone()), known, "{text}");
            assert_eq!(read.to_string(), known.to_string());
            assert_eq!(format!("{read:#}"), format!("{known:#}"));
        }
        for wrong in ["{\"a\":}", "[1,]", "{1:2}", ""] {
            assert!(serde_json::from_str::<Value>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn members_stand_in_order_and_once() {
        let mut object: Object = [("b", json!(1)), ("c", json!(2)), ("b", json!(3)), ("a", json!(4))]
            .into_iter()
            .collect();
        assert_eq!(object.insert("aa", json!(5)), None);
        assert_eq!(object.insert("b", json!(6)), Some(json!(3)));
        *object.get_or_null("d") = json!(7);
        *object.get_or_null("a") = json!(8);
        assert_eq!(
            Value::from(object.clone()).to_string(),
            r#"{"a":8,"aa":5,"b":6,"c":2,"d":7}"#
        );
        assert_eq!((object.remove("aa"), object.remove("aa")), (Some(json!(5)), None));
        assert_eq!((object.get("e"), &object["e"], object.len()), (None, &Value::Null, 4));
        object.extend([("z", json!(9)), ("a", json!(10)), ("bb", json!(11)), ("z", json!(12))]);
        let text = r#"{"a":10,"b":6,"bb":11,"c":2,"d":7,"z":12}"#;
        assert_eq!(Value::from(object).to_string(), text);
    }
}
