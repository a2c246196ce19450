//! Hands a tree to serde without making JSON of it first.
//!
//! A reader that keeps the last of equal keys, as the API server does, sees what [`Node::to_json`]
//! would give it.

use std::slice;

use serde::{
    de::{
        DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, Error},
    },
    forward_to_deserialize_any,
};

use super::{Key, Kind, Node, Value};

impl<'de> Deserializer<'de> for &'de Node<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar(scalar) => match &scalar.value {
                Value::Null => visitor.visit_unit(),
                Value::Bool(value) => visitor.visit_bool(*value),
                Value::Int(value) => visitor.visit_i64(*value),
                Value::Uint(value) => visitor.visit_u64(*value),
                // A whole one is an integer in JSON.
                Value::Float(_) => {
                    scalar.value.to_json().deserialize_any(visitor).map_err(Error::custom)
                }
                Value::String(text) => visitor.visit_borrowed_str(text),
            },
            Kind::List(items) => visitor.visit_seq(Items(items.iter())),
            Kind::Map(entries) => {
                visitor.visit_map(Entries { entries: entries.iter(), value: None })
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

struct Items<'de, 'a>(slice::Iter<'de, Node<'a>>);

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}

struct Entries<'de, 'a> {
    entries: slice::Iter<'de, (Key<'a>, Node<'a>)>,
    value: Option<&'de Node<'a>>,
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(&key.name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(value),
            None => Err(Error::custom("a value was asked for before its key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use crate::yaml;

    #[test]
    fn serde_sees_what_json_would_show_it() {
        let text = b"a: 010\nb: [1.0, 1.5, yes, ~, 'x']\nc: {d: {e: 1}, d: 2}\nf: &f {g: 1}\nh: {<<: *f, i: 2}\n";
        let documents = yaml::documents(text);
        let Some(Ok(document)) = documents.first() else { panic!("the text is well-formed") };
        let through_serde = serde_json::Value::deserialize(&document.root).expect("it is a value");
        assert_eq!(through_serde, document.root.to_json());
    }
}
