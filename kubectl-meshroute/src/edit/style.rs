//! How new text is written: as the text around it is.

use serde_json::Value;

use super::insert::line_start;
use crate::yaml::{Kind, Node, Style as Written};

/// How a document is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Whether it is JSON, where every text has double quotes.
    pub(super) json: bool,
    /// The quotes of texts that need some.
    quotes: Quotes,
    /// How far a list is indented below its key.
    list: usize,
    /// How far a map is indented below its key.
    map: usize,
}

/// The quotes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    Single,
    Double,
}

/// What is known of a style so far.
#[derive(Default)]
struct Seen {
    quotes: Option<Quotes>,
    list: Option<usize>,
    map: Option<usize>,
}

impl Style {
    /// The style of a document: of each thing, the first one in it shows the way.
    pub(crate) fn of(text: &[u8], root: &Node<'_>) -> Self {
        let mut seen = Seen::default();
        seen.look(text, root);
        Self {
            json: is_json(text, root),
            quotes: seen.quotes.unwrap_or(Quotes::Double),
            list: seen.list.unwrap_or(0),
            map: seen.map.unwrap_or(2),
        }
    }

    /// A value in one line; `bare` is whether a text may stand without quotes, and `colon` and
    /// `comma` are what stands in the maps around it.
    pub(crate) fn flow(self, value: &Value, bare: bool, colon: &str, comma: &str) -> String {
        match value {
            Value::String(text) => self.text(text, bare),
            Value::Array(items) => {
                let items: Vec<String> =
                    items.iter().map(|item| self.flow(item, bare, colon, comma)).collect();
                format!("[{}]", items.join(comma))
            }
            Value::Object(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(name, value)| {
                        let value = self.flow(value, bare, colon, comma);
                        format!("{}{colon}{value}", self.text(name, bare))
                    })
                    .collect();
                format!("{{{}}}", entries.join(comma))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        }
    }

    /// What follows the colon of a key in a block: a value in its line, or lines below it that
    /// start at `indent`, that of the key, or further in.
    pub(super) fn block(self, value: &Value, indent: &str, ending: &str) -> String {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let dash = format!("{indent}{}", " ".repeat(self.list));
                let below = format!("{dash}  ");
                let items = items.iter().map(|item| match item {
                    Value::Object(entries) if !entries.is_empty() => {
                        let lines = self.lines(entries, &below, ending);
                        format!("{ending}{dash}- {}", lines.trim_start())
                    }
                    _ => format!("{ending}{dash}- {}", self.flow(item, true, ": ", ", ")),
                });
                items.collect()
            }
            Value::Object(entries) if !entries.is_empty() => {
                let below = format!("{indent}{}", " ".repeat(self.map));
                format!("{ending}{}", self.lines(entries, &below, ending))
            }
            _ => format!(" {}", self.flow(value, true, ": ", ", ")),
        }
    }

    fn lines(self, entries: &serde_json::Map<String, Value>, indent: &str, ending: &str) -> String {
        let lines: Vec<String> = entries
            .iter()
            .map(|(name, value)| {
                let value = self.block(value, indent, ending);
                format!("{indent}{}:{value}", self.text(name, true))
            })
            .collect();
        lines.join(ending)
    }

    /// A text: without quotes where it may have none and would be no other value.
    pub(crate) fn text(self, text: &str, bare: bool) -> String {
        if bare && !self.json && is_plain(text) {
            return text.to_owned();
        }
        quoted(text, if self.json || !bare { Quotes::Double } else { self.quotes })
    }
}

/// A text in quotes.
pub(crate) fn quoted(text: &str, quotes: Quotes) -> String {
    match quotes {
        Quotes::Single if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Quotes::Single | Quotes::Double => Value::from(text).to_string(),
    }
}

impl Seen {
    fn look(&mut self, text: &[u8], node: &Node<'_>) {
        if self.is_complete() || text.get(node.span.start) == Some(&b'*') {
            return;
        }
        match &node.kind {
            Kind::Scalar(scalar) => {
                let quotes = match scalar.style {
                    Written::SingleQuoted => Some(Quotes::Single),
                    Written::DoubleQuoted => Some(Quotes::Double),
                    Written::Plain | Written::Block | Written::Empty | Written::Alias => None,
                };
                self.quotes = self.quotes.or(quotes);
            }
            Kind::List(items) => items.iter().for_each(|item| self.look(text, item)),
            Kind::Map(entries) => {
                for (key, value) in entries.iter().filter(|(key, _)| !key.merged) {
                    let further = || further(text, key.span.start, value.span.start);
                    match (&value.kind, text.get(value.span.start)) {
                        (Kind::List(_), Some(b'-')) => self.list = self.list.or_else(further),
                        (Kind::List(_), _) | (Kind::Map(_), Some(b'{' | b'*')) => {}
                        (Kind::Map(_), _) => self.map = self.map.or_else(further),
                        (Kind::Scalar(_), _) => {}
                    }
                    self.look(text, value);
                }
            }
        }
    }

    fn is_complete(&self) -> bool {
        let Self { quotes, list, map } = self;
        quotes.is_some() && list.is_some() && map.is_some()
    }
}

/// How far a value is indented that stands below its key; none if it does not.
fn further(text: &[u8], key: usize, value: usize) -> Option<usize> {
    let column = |at: usize| at - line_start(text, at);
    let is_below = line_start(text, value) > key;
    is_below.then(|| column(value).checked_sub(column(key)))?
}

/// Whether a document is an object of JSON, as far as its outermost braces tell.
fn is_json(text: &[u8], root: &Node<'_>) -> bool {
    let Kind::Map(entries) = &root.kind else { return false };
    text.get(root.span.start) == Some(&b'{')
        && !entries.is_empty()
        && entries.iter().all(|(key, _)| text.get(key.span.start) == Some(&b'"'))
}

fn is_plain(text: &str) -> bool {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '/' | '_'));
    let other_values = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    is_word && !other_values.contains(&text.to_ascii_lowercase().as_str())
}
