use std::borrow::Cow;
use std::ops::Index;

use super::{Number, Object, ObjectKey, Value};

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(boolean) => Self::Bool(boolean),
            serde_json::Value::Number(number) => Self::Number(number),
            serde_json::Value::String(text) => Self::String(text),
            serde_json::Value::Array(members) => members.into_iter().collect(),
            serde_json::Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (name, Self::from(value)));
                Self::Object(members.collect())
            }
        }
    }
}

impl From<Value> for serde_json::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(boolean) => Self::Bool(boolean),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::String(text),
            Value::Array(members) => members.into_iter().collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| (name.into_string(), Self::from(value)))
                .collect(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::String(text.into_owned())
    }
}

/// Conversions into one variant.
macro_rules! impl_from {
    ($($variant:ident: $($from_type:ty),+;)+) => {
        $($(impl From<$from_type> for Value {
            fn from(value: $from_type) -> Self {
                Self::$variant(value.into())
            }
        })+)+
    };
}

impl_from! {
    String: String;
    Bool: bool;
    Number: u8, u64, i32, i64;
    Object: Object;
}

/// What JSON has no number for (NaN, infinity) is `null`.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or(Self::Null, Self::Number)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(members: Vec<T>) -> Self {
        members.into_iter().collect()
    }
}

/// `None` is `null`.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        Self::Array(members.into_iter().map(Into::into).collect())
    }
}

impl<N: Into<ObjectKey>> FromIterator<(N, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(members: I) -> Self {
        Self::Object(members.into_iter().collect())
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<i32> for Value {
    fn eq(&self, number: &i32) -> bool {
        self.as_i64() == Some(i64::from(*number))
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

const NULL: &Value = &Value::Null;

/// A member of an object; `null` where there is none.
impl Index<&str> for Value {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(NULL)
    }
}

/// A member of an object; `null` where there is none.
impl Index<&String> for Value {
    type Output = Value;

    fn index(&self, name: &String) -> &Value {
        &self[name.as_str()]
    }
}

/// A member of a list; `null` where there is none.
impl Index<usize> for Value {
    type Output = Value;

    fn index(&self, at: usize) -> &Value {
        self.as_array().and_then(|members| members.get(at)).unwrap_or(NULL)
    }
}

/// A member of an object; `null` where there is none.
impl Index<&str> for Object {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(NULL)
    }
}
