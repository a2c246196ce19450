//! Rules by which a tool leaves differences alone.

use regex::Regex;

use crate::cluster::Known;

/// A rule that keeps some fields of some objects from being put back.
#[derive(Debug, Clone)]
pub struct IgnoreRule {
    /// The API groups that it is for.
    pub group: Pattern,
    /// The kinds.
    pub kind: Pattern,
    /// The namespaces.
    pub namespace: Pattern,
    /// The names.
    pub name: Pattern,
    /// Whether it asks for more, such as labels, than we read.
    pub narrower: bool,
    /// The fields; none for one that is written in a way that we do not read.
    pub fields: Vec<Option<Fields>>,
    /// The field managers whose fields are left alone.
    pub managers: Vec<String>,
}

/// What a text has to look like.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Anything.
    Any,
    /// This, to the letter.
    Text(String),
    /// What the regular expression takes, which is anchored.
    Regex(Regex),
    /// What a pattern says that we do not read.
    Unread,
}

impl Pattern {
    /// Whether the text looks like it.
    pub fn takes(&self, text: &str) -> Known<bool> {
        match self {
            Self::Any => Known::Known(true),
            Self::Text(own) => Known::Known(own == text),
            Self::Regex(regex) => Known::Known(regex.is_match(text)),
            Self::Unread => Known::Unknown,
        }
    }
}

/// The way to one or several fields, and to all below them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields(pub Vec<Segment>);

/// One step of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Into the field of this name.
    Field(String),
    /// Into the entry of this index.
    Index(usize),
    /// Into each entry.
    Each,
}
