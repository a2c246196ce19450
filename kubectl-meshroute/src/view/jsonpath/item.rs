//! The values a path goes through.

use serde_json::{Map, Value};

/// One selected value: a part of the JSON value, or something the template brought itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    /// What `{range}` goes over when it has nothing to go over; unlike null it is no value.
    Nothing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    List(&'a [Value]),
    Object(&'a Map<String, Value>),
}

impl<'a> Item<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(it) => Self::Bool(*it),
            // Go reads an `int64` if the number is one as written, else a `float64`.
            Value::Number(it) => match it.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Float(it.as_f64().unwrap_or(f64::INFINITY)),
            },
            Value::String(it) => Self::Text(it),
            Value::Array(it) => Self::List(it),
            Value::Object(it) => Self::Object(it),
        }
    }

    /// Returns the item to start paths from, where Go does not tell null from nothing.
    pub(super) fn root(self) -> Self {
        if self == Self::Null { Self::Nothing } else { self }
    }

    pub(super) fn children(self) -> Vec<Self> {
        match self {
            Self::List(list) => list.iter().map(Self::new).collect(),
            Self::Object(object) => object.values().map(Self::new).collect(),
            // Go goes over a string byte by byte, each a number.
            Self::Text(text) => text.bytes().map(|byte| Self::Int(byte.into())).collect(),
            Self::Nothing | Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => {
                Vec::new()
            }
        }
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a decimal number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}
