//! What serde reads of a text that was gone through.

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
    value::{BorrowedStrDeserializer, Error},
};

use super::{Json, Kind};

/// A value in a text that was gone through.
#[derive(Debug, Clone, Copy)]
pub(in crate::review) struct Value<'t> {
    json: &'t Json<'t>,
    index: usize,
}

impl<'t> Value<'t> {
    pub(super) fn of(json: &'t Json<'t>, index: usize) -> Self {
        Self { json, index }
    }

    /// What an object has under this key; none too where that is `null`.
    pub(in crate::review) fn get(self, key: &str) -> Option<Self> {
        if self.kind() != Kind::Map {
            return None;
        }
        let mut entries = self.inside();
        while let Some(entry) = entries.next() {
            let value = entries.next()?;
            if self.json.text_of(self.json.tokens[entry.index]) == key {
                return (value.kind() != Kind::Null).then_some(value);
            }
        }
        None
    }

    fn kind(self) -> Kind {
        self.json.tokens[self.index].kind
    }

    /// The values, and the keys before them, of a list or an object.
    fn inside(self) -> Inside<'t> {
        Inside { json: self.json, next: self.index + 1, end: self.json.after(self.index) }
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = |json: &'de Json<'de>| json.text_of(json.tokens[self.index]);
        match self.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::False => visitor.visit_bool(false),
            Kind::True => visitor.visit_bool(true),
            Kind::Number => number(text(self.json), visitor),
            Kind::Text | Kind::Escaped => visitor.visit_borrowed_str(text(self.json)),
            Kind::List => {
                let entries = self.json.tokens[self.index].start as usize;
                visitor.visit_seq(Entries { inside: self.inside(), left: entries })
            }
            Kind::Map => visitor.visit_map(self.inside()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// A number that has nothing but a few digits.
pub(super) fn small(text: &str) -> Option<u64> {
    let is_small = text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_small && (text.len() == 1 || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

fn number<'t, V: Visitor<'t>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    match small(text) {
        Some(number) => visitor.visit_u64(number),
        None => {
            let number: serde_json::Number = serde_json::from_str(text).map_err(Error::custom)?;
            number.deserialize_any(visitor).map_err(Error::custom)
        }
    }
}

/// What is left of a list or an object.
struct Inside<'t> {
    json: &'t Json<'t>,
    next: usize,
    end: usize,
}

impl<'t> Iterator for Inside<'t> {
    type Item = Value<'t>;

    fn next(&mut self) -> Option<Value<'t>> {
        if self.next == self.end {
            return None;
        }
        let index = self.next;
        self.next = self.json.after(index);
        Some(Value { json: self.json, index })
    }
}

/// What is left of a list.
struct Entries<'t> {
    inside: Inside<'t>,
    left: usize,
}

impl<'t> SeqAccess<'t> for Entries<'t> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'t>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.left = self.left.saturating_sub(1);
        self.inside.next().map(|value| seed.deserialize(value)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'t> MapAccess<'t> for Inside<'t> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'t>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(key) = self.next() else { return Ok(None) };
        let key = self.json.text_of(self.json.tokens[key.index]);
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.next() {
            Some(value) => seed.deserialize(value),
            None => Err(Error::custom("a value was asked for before its key")),
        }
    }
}
