//! JSON that reads in one way only.
//!
//! Of a key that is there twice, readers take the first or the last; what was checked would not be what is stored. The
//! API server writes no such text, so whoever sends one is not it.
//!
//! The text is gone through once. What comes of it is a list of where values begin and end, which serde reads as often as
//! anybody likes, and passes over what nobody asks for.

mod reader;

use std::{borrow::Cow, collections::HashSet};

pub(super) use reader::Value;

/// How deep lists and objects may be within each other, as in `serde_json`.
const DEEPEST: usize = 127;
/// How many values and keys a text may have: an API server writes fewer into as much as it takes.
const MOST: usize = 1 << 20;
/// How many entries all lists may have together: once a route is read, each takes some hundreds of bytes, and may have
/// three in the text. No route that somebody writes has a hundredth of them.
const MOST_ENTRIES: usize = 128 << 10;
/// How many keys of an object are compared one by one; more are hashed.
const FEW: usize = 16;

/// A text that was gone through.
#[derive(Debug)]
pub(super) struct Json<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// The texts that have escapes, without them.
    unescaped: Vec<String>,
}

/// A value, or a key. Those of a list or an object follow it.
#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    /// Where it begins in the text; for a text with escapes, its place among them; for a list, how many entries it has.
    start: u32,
    /// Where it ends in the text; for a list and an object, the number of the token after it.
    end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    False,
    True,
    Number,
    Text,
    Escaped,
    List,
    Map,
}

impl<'a> Json<'a> {
    /// Goes through the whole text: no key twice, every string and number readable, not too deep.
    pub(super) fn of(text: &'a str) -> Result<Self, String> {
        if u32::try_from(text.len()).is_err() {
            return Err("it is too long".to_owned());
        }
        let json = Self { text, tokens: Vec::with_capacity(text.len() / 8), unescaped: Vec::new() };
        let mut scanner = Scanner { json, at: 0, entries: 0, keys: Vec::new() };
        scanner.value(0).and_then(|()| scanner.end()).map_err(|problem| {
            let before = text.as_bytes().get(..scanner.at).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
            format!("{problem} at line {line} column {column}")
        })?;
        Ok(scanner.json)
    }

    /// The whole of it.
    pub(super) fn value(&self) -> Value<'_> {
        Value::of(self, 0)
    }

    fn text_of(&self, token: Token) -> &str {
        match token.kind {
            Kind::Escaped => &self.unescaped[token.start as usize],
            _ => &self.text[token.start as usize..token.end as usize],
        }
    }

    /// The number of the token after a value.
    fn after(&self, index: usize) -> usize {
        let token = self.tokens[index];
        match token.kind {
            Kind::List | Kind::Map => token.end as usize,
            Kind::Null | Kind::False | Kind::True | Kind::Number | Kind::Text | Kind::Escaped => {
                index + 1
            }
        }
    }
}

/// What is wrong with a text.
type Problem = &'static str;

/// What goes through a text.
struct Scanner<'a> {
    json: Json<'a>,
    /// How far it has come.
    at: usize,
    /// How many entries of lists there were.
    entries: usize,
    /// The keys of the objects around the place, the innermost last.
    keys: Vec<Cow<'a, str>>,
}

impl<'a> Scanner<'a> {
    /// Goes through one value; so many are around it.
    fn value(&mut self, depth: usize) -> Result<(), Problem> {
        self.space();
        match self.next() {
            Some(b'"') => self.string(),
            Some(b'{') => self.map(deeper(depth)?),
            Some(b'[') => self.list(deeper(depth)?),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            Some(b'n') => self.word("null", Kind::Null),
            Some(_) => Err("expected a value"),
            None => Err("the end is missing"),
        }
    }

    fn end(&mut self) -> Result<(), Problem> {
        self.space();
        self.next().map_or(Ok(()), |_| Err("more follows"))
    }

    fn map(&mut self, depth: usize) -> Result<(), Problem> {
        let opened = self.open(Kind::Map)?;
        let mut keys = Keys::after(&self.keys);
        if !self.takes(b'}') {
            loop {
                self.space();
                if self.next() != Some(b'"') {
                    return Err("expected a key");
                }
                self.string()?;
                if !keys.is_new(self.last(), &mut self.keys) {
                    return Err("a key is there twice");
                }
                if !self.takes(b':') {
                    return Err("expected a colon");
                }
                self.value(depth)?;
                if !self.takes(b',') {
                    break;
                }
            }
            if !self.takes(b'}') {
                return Err("expected a comma or the end of an object");
            }
        }
        self.keys.truncate(keys.start);
        self.close(opened)
    }

    fn list(&mut self, depth: usize) -> Result<(), Problem> {
        let opened = self.open(Kind::List)?;
        let mut entries = 0;
        if !self.takes(b']') {
            loop {
                entries += 1;
                self.entries += 1;
                if self.entries > MOST_ENTRIES {
                    return Err("too many entries of lists");
                }
                self.value(depth)?;
                if !self.takes(b',') {
                    break;
                }
            }
            if !self.takes(b']') {
                return Err("expected a comma or the end of a list");
            }
        }
        self.json.tokens[opened].start = entries;
        self.close(opened)
    }

    /// A string, which the quote begins that is next.
    fn string(&mut self) -> Result<(), Problem> {
        let start = self.at;
        let mut has_escapes = false;
        self.at += 1;
        loop {
            self.at += plain(&self.bytes()[self.at..]);
            match self.next() {
                Some(b'"') => break,
                // What it means is told once the whole string is here.
                Some(b'\\') => {
                    has_escapes = true;
                    self.at = (self.at + 2).min(self.bytes().len());
                }
                Some(_) => return Err("a control character is in a string"),
                None => return Err("the end of a string is missing"),
            }
        }
        self.at += 1;
        if !has_escapes {
            return self.push(Kind::Text, start + 1, self.at - 1);
        }
        let text = serde_json::from_str(&self.json.text[start..self.at])
            .map_err(|_| "a string has a bad escape")?;
        self.push(Kind::Escaped, self.json.unescaped.len(), 0)?;
        self.json.unescaped.push(text);
        Ok(())
    }

    /// The string that was gone through last.
    fn last(&self) -> Cow<'a, str> {
        match (self.json.tokens.last(), self.json.unescaped.last()) {
            (Some(Token { kind: Kind::Escaped, .. }), Some(text)) => Cow::Owned(text.clone()),
            (Some(token), _) => {
                Cow::Borrowed(&self.json.text[token.start as usize..token.end as usize])
            }
            (None, _) => Cow::Borrowed(""),
        }
    }

    fn number(&mut self) -> Result<(), Problem> {
        let start = self.at;
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let rest = &self.bytes()[start..];
        self.at += rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let text = &self.json.text[start..self.at];
        if reader::small(text).is_none()
            && serde_json::from_str::<serde_json::Number>(text).is_err()
        {
            return Err("a number is none, or too large");
        }
        self.push(Kind::Number, start, self.at)
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<(), Problem> {
        if !self.bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err("expected a value");
        }
        self.push(kind, self.at, self.at + word.len())?;
        self.at += word.len();
        Ok(())
    }

    /// Goes into a list or an object.
    fn open(&mut self, kind: Kind) -> Result<usize, Problem> {
        let opened = self.json.tokens.len();
        self.push(kind, self.at, 0)?;
        self.at += 1;
        Ok(opened)
    }

    fn close(&mut self, opened: usize) -> Result<(), Problem> {
        self.json.tokens[opened].end = self.json.tokens.len() as u32;
        Ok(())
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) -> Result<(), Problem> {
        if self.json.tokens.len() == MOST {
            return Err("too many values");
        }
        // No text is longer than that, and no list of tokens than its text.
        self.json.tokens.push(Token { kind, start: start as u32, end: end as u32 });
        Ok(())
    }

    /// Passes over this byte, and over the blanks before it, if it is next.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let is_it = self.next() == Some(byte);
        self.at += usize::from(is_it);
        is_it
    }

    fn space(&mut self) {
        // Most texts have none, and most bytes are larger than all blanks.
        while let Some(byte @ ..=b' ') = self.next()
            && matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
        {
            self.at += 1;
        }
    }

    fn next(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn bytes(&self) -> &'a [u8] {
        self.json.text.as_bytes()
    }
}

/// How many bytes at the beginning can stand in a string as they are.
fn plain(bytes: &[u8]) -> usize {
    let mut words = bytes.chunks_exact(8);
    let mut at = 0;
    for word in &mut words {
        let ends = ends(u64::from_le_bytes(word.try_into().expect("it has eight bytes")));
        if ends != 0 {
            return at + (ends.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = words.remainder();
    at + rest.iter().position(|byte| matches!(byte, ..0x20 | b'"' | b'\\')).unwrap_or(rest.len())
}

/// The high bits of those of eight bytes at which a string ends, or is not what it says. Only the lowest is meant: a
/// subtraction may borrow from the bytes above it.
fn ends(word: u64) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let is_zero = |word: u64| word.wrapping_sub(LOW) & !word;
    let is_control = word.wrapping_sub(LOW * 0x20) & !word;
    let is_quote = is_zero(word ^ (LOW * 0x22));
    let is_backslash = is_zero(word ^ (LOW * 0x5c));
    (is_control | is_quote | is_backslash) & (LOW * 0x80)
}

/// The keys of one object.
struct Keys<'a> {
    /// Where they begin among those of the objects around it.
    start: usize,
    /// All of them, once there are many.
    many: Option<HashSet<Cow<'a, str>>>,
}

impl<'a> Keys<'a> {
    fn after(keys: &[Cow<'a, str>]) -> Self {
        Self { start: keys.len(), many: None }
    }

    /// Takes a key in, and says whether it was not there.
    fn is_new(&mut self, key: Cow<'a, str>, keys: &mut Vec<Cow<'a, str>>) -> bool {
        if let Some(many) = &mut self.many {
            return many.insert(key);
        }
        let own = &keys[self.start..];
        let ends = |key: &str| (key.len(), key.as_bytes().last().copied());
        // Most keys differ in that already.
        let is_same = |other: &Cow<'_, str>| ends(other) == ends(&key) && *other == key;
        let is_new = !own.iter().any(is_same);
        if own.len() == FEW {
            let mut many: HashSet<_> = keys.drain(self.start..).collect();
            many.insert(key);
            self.many = Some(many);
        } else {
            keys.push(key);
        }
        is_new
    }
}

fn deeper(depth: usize) -> Result<usize, Problem> {
    if depth < DEEPEST { Ok(depth + 1) } else { Err("it is too deep") }
}

#[cfg(test)]
mod tests;
