//! Whether a text is JSON that reads in one way only.
//!
//! Of a key that is there twice, readers take the first or the last; what was checked would not be what is stored. The
//! API server writes no such text, so whoever sends one is not it.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Checks the whole text: no key twice, every string and number readable, at most 128 levels deep.
pub(super) fn check(text: &str) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut keys = Vec::new();
    Value(&mut keys).deserialize(&mut json)?;
    json.end()
}

/// How many keys are compared one by one; more are hashed.
const FEW: usize = 16;

/// A value; the keys are those of the objects around it, the innermost last.
struct Value<'k, 'de>(&'k mut Vec<Cow<'de, str>>);

impl<'de> DeserializeSeed<'de> for Value<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Value(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let start = self.0.len();
        let mut many: Option<HashSet<Cow<'de, str>>> = None;
        while let Some(key) = map.next_key_seed(Key)? {
            let is_new = match &mut many {
                Some(many) => many.insert(key),
                None => {
                    let own = &self.0[start..];
                    let is_new = !own.contains(&key);
                    if own.len() == FEW {
                        let mut hashed: HashSet<_> = self.0.drain(start..).collect();
                        hashed.insert(key);
                        many = Some(hashed);
                    } else {
                        self.0.push(key);
                    }
                    is_new
                }
            };
            if !is_new {
                return Err(A::Error::custom("a key is there twice"));
            }
            map.next_value_seed(Value(self.0))?;
        }
        self.0.truncate(start);
        Ok(())
    }
}

/// A key, not copied where it has no escapes.
struct Key;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_there_once_in_each_object() {
        for text in [r#"{"a": {"a": 1, "b": 2}, "b": [{"a": 1}, {"a": 2}]}"#, "[]", "1.5", "null"] {
            check(text).expect("it reads in one way");
        }
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": {"b": 1, "b": 2}}"#,
            r#"{"a": {"c": 1}, "b": 1, "a": 2}"#,
            r#"{"ab": 1, "a\u0062": 2}"#,
            r#"{"a": 1} {"a": 1}"#,
        ] {
            check(text).expect_err(text);
        }
    }

    #[test]
    fn many_keys_are_compared_too() {
        for count in [FEW - 1, FEW, FEW + 1, 20_000] {
            let keys: Vec<String> = (0..count).map(|key| format!("\"k{key}\": {{}}")).collect();
            check(&format!("{{{}}}", keys.join(", "))).expect("each is there once");
            for twice in [0, count - 1] {
                let text = format!("{{{}, \"k{twice}\": 1}}", keys.join(", "));
                check(&text).expect_err("one is there twice");
            }
        }
    }

    #[test]
    fn what_is_no_text_or_number_is_refused() {
        for text in [r#""\ud800""#, r#"{"\udc00": 1}"#, "NaN", "1e999", "[1,]", "\u{feff}{}", ""] {
            check(text).expect_err(text);
        }
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        check(&deep(120)).expect("an object may be deep");
        for levels in [200, 100_000] {
            check(&deep(levels)).expect_err("not as deep as this");
        }
    }
}
