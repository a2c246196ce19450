//! Reading one field: absent, of the expected shape, or odd.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// A field as it stands in the object. JSON `null` is absent: that is how the API server takes it.
#[derive(Debug, Clone, Default)]
pub enum Found<T> {
    /// Not there, or `null`.
    #[default]
    Absent,
    /// There, with the expected shape.
    Read(T),
    /// There, with another shape; says what was expected and what is there.
    Odd(String),
}

/// A field whose content does not matter here, only that it is there.
#[derive(Debug, Clone, Default)]
pub struct Any;

/// What a value looks like in JSON. Every method answers `None` for a shape that is not its own.
pub(crate) trait Shape<'de>: Sized {
    /// What was expected, for the message.
    const EXPECTED: &'static str;

    fn text(_: &str) -> Option<Self> {
        None
    }
    fn boolean(_: bool) -> Option<Self> {
        None
    }
    fn integer(_: i64) -> Option<Self> {
        None
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de, T: Shape<'de>> Deserialize<'de> for Found<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FoundVisitor(PhantomData))
    }
}

struct FoundVisitor<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> FoundVisitor<T> {
    fn or_odd(value: Option<T>, actual: impl FnOnce() -> String) -> Found<T> {
        value.map_or_else(
            || Found::Odd(format!("expected {}, found {}", T::EXPECTED, actual())),
            Found::Read,
        )
    }
}

impl<'de, T: Shape<'de>> Visitor<'de> for FoundVisitor<T> {
    type Value = Found<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Found::Absent)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Self::or_odd(T::text(value), || format!("the string {value:?}")))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Self::or_odd(T::boolean(value), || format!("the boolean {value}")))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Self::or_odd(T::integer(value), || format!("the number {value}")))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        let integer = i64::try_from(value).ok().and_then(T::integer);
        Ok(Self::or_odd(integer, || format!("the number {value}")))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Self::or_odd(None, || format!("the number {value}")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Ok(Self::or_odd(T::list(list)?, || "a list".into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Self::or_odd(T::map(map)?, || "an object".into()))
    }
}

impl Shape<'_> for String {
    const EXPECTED: &'static str = "a string";
    fn text(value: &str) -> Option<Self> {
        Some(value.into())
    }
}

impl Shape<'_> for bool {
    const EXPECTED: &'static str = "true or false";
    fn boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Shape<'_> for i64 {
    const EXPECTED: &'static str = "a whole number";
    fn integer(value: i64) -> Option<Self> {
        Some(value)
    }
}

impl<'de> Shape<'de> for Any {
    const EXPECTED: &'static str = "anything";
    fn text(_: &str) -> Option<Self> {
        Some(Self)
    }
    fn boolean(_: bool) -> Option<Self> {
        Some(Self)
    }
    fn integer(_: i64) -> Option<Self> {
        Some(Self)
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }
}

impl<'de, T: Shape<'de>> Shape<'de> for Vec<Found<T>> {
    const EXPECTED: &'static str = "a list";
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        // No more than lists of the API may have: a reader may be wrong about a long one.
        let mut entries = Vec::with_capacity(list.size_hint().unwrap_or_default().min(64));
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Some(entries))
    }
}

impl<'de> Shape<'de> for BTreeMap<String, String> {
    const EXPECTED: &'static str = "an object of strings";
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut entries = Self::new();
        while let Some((key, value)) = map.next_entry::<String, Found<String>>()? {
            if let Found::Read(value) = value {
                entries.insert(key, value);
            }
        }
        Ok(Some(entries))
    }
}

impl<'de> Shape<'de> for super::MethodMatch {
    const EXPECTED: &'static str = "a method";
    fn text(value: &str) -> Option<Self> {
        Some(Self::Http(value.into()))
    }
    fn map<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Ok(super::GrpcMethod::map(map)?.map(Self::Grpc))
    }
}

impl Shape<'_> for super::TargetPort {
    const EXPECTED: &'static str = "a port";
    fn text(value: &str) -> Option<Self> {
        Some(Self::Name(value.into()))
    }
    fn integer(value: i64) -> Option<Self> {
        Some(Self::Number(value))
    }
}

/// Reads a key, without copying it where the text has it as it is.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Declares the JSON shape of an object: `field "key": type`. A `closed` object names the keys that
/// it does not know; an `open` one passes over them, because we read only a part of it.
macro_rules! wire {
    ($(#[$doc:meta])* closed $name:ident { $($field:ident $key:literal: $type:ty,)* }) => {
        wire! { @declare $(#[$doc])* $name { $($field $key: $type,)* } ; remember }
    };
    ($(#[$doc:meta])* open $name:ident { $($field:ident $key:literal: $type:ty,)* }) => {
        wire! { @declare $(#[$doc])* $name { $($field $key: $type,)* } ; forget }
    };
    (@declare $(#[$doc:meta])* $name:ident { $($field:ident $key:literal: $type:ty,)* } ; $unknown:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $(#[doc = concat!("`", $key, "`.")] pub $field: Found<$type>,)*
            /// Keys that are not known here.
            pub unknown: Vec<String>,
        }

        impl $name {
            /// The keys that are known here.
            pub const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl<'de> found::Shape<'de> for $name {
            const EXPECTED: &'static str = "an object";
            fn map<A: serde::de::MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
                let mut object = Self::default();
                while let Some(key) = map.next_key_seed(found::Key)? {
                    match &*key {
                        $($key => object.$field = map.next_value()?,)*
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                            wire! { @$unknown object key }
                        }
                    }
                }
                Ok(Some(object))
            }
        }
    };
    (@remember $object:ident $key:ident) => { $object.unknown.push($key.into_owned()); };
    (@forget $object:ident $key:ident) => {};
}
pub(crate) use wire;

#[cfg(test)]
mod tests {
    use super::super::*;

    fn read(json: &str) -> Found<BackendRef> {
        serde_json::from_str(json).expect("the JSON is well-formed")
    }

    #[test]
    fn a_wrong_shape_is_odd_and_the_rest_is_read() {
        let Found::Read(backend) = read(r#"{"name": "a", "weight": "90", "port": [1, {"x": 2}]}"#)
        else {
            panic!("an object is read")
        };
        assert!(matches!(backend.name, Found::Read(name) if name == "a"));
        assert!(
            matches!(backend.weight, Found::Odd(text) if text == "expected a whole number, found the string \"90\"")
        );
        assert!(
            matches!(backend.port, Found::Odd(text) if text == "expected a whole number, found a list")
        );
    }

    #[test]
    fn null_is_absent_and_unknown_keys_are_named() {
        let Found::Read(backend) = read(r#"{"weight": null, "weigth": 90}"#) else {
            panic!("an object is read")
        };
        assert!(matches!(backend.weight, Found::Absent));
        assert_eq!(backend.unknown, ["weigth"]);
    }
}
