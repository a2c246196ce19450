//! The tree of a document: values with their places.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde_json as json;

use super::scalar::Value;

/// A value and the bytes it is written in.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    /// The bytes of the value in the whole text, without its tag and anchor. A value that is not
    /// written (`key:`) has an empty span; an alias has the span of the `*name`; a block scalar
    /// has one without its `|` or `>` that may reach into the next line.
    pub(crate) span: Range<usize>,
    /// Whether other bytes hang on this value: it stands inside of an anchor, whose aliases repeat
    /// it, or it has a tag. Replacing its bytes may then change more or less than this value.
    pub(crate) pinned: bool,
    /// What the value is.
    pub(crate) kind: Kind<'a>,
    pub(super) line: Line,
}

/// What a value is; an alias is what it stands for. Lists and maps are shared with their aliases,
/// so that aliases of aliases cost nothing.
#[derive(Debug, Clone)]
pub(crate) enum Kind<'a> {
    /// A value without parts.
    Scalar(Scalar<'a>),
    /// The items in order.
    List(Arc<[Node<'a>]>),
    /// The entries in the order of the text: of equal names the last one counts. What `<<` brings
    /// in stands in the place of the `<<`.
    Map(Arc<[(Key<'a>, Node<'a>)]>),
}

/// A value without parts and the way it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar<'a> {
    /// What kubectl makes of it.
    pub(crate) value: Value<'a>,
    /// How it is written.
    pub(crate) style: Style,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// As a block after `|` or `>`.
    Block,
    /// Not at all, as in `key:`. A value that is put there needs a space before it.
    Empty,
    /// As an alias, `*name`.
    Alias,
}

/// The name of a map entry.
#[derive(Debug, Clone)]
pub(crate) struct Key<'a> {
    /// The name as JSON has it: the key `010` is called `8`.
    pub(crate) name: Cow<'a, str>,
    /// The bytes of the key in the whole text.
    pub(crate) span: Range<usize>,
    /// Whether `<<` has brought the entry in.
    pub(crate) merged: bool,
    pub(super) line: Line,
}

/// One step from a value to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'p> {
    /// To the entry of this name.
    Field(&'p str),
    /// To the item of this number, from 0.
    Index(usize),
}

impl Key<'_> {
    /// Returns the line, from 1, where the key starts.
    pub(crate) fn line(&self) -> usize {
        self.line.number()
    }
}

impl<'a> Node<'a> {
    /// Returns the line, from 1, where the value starts.
    pub(crate) fn line(&self) -> usize {
        self.line.number()
    }

    /// Returns the value that these steps lead to.
    pub(crate) fn at(&self, steps: &[Step<'_>]) -> Option<&Node<'a>> {
        let mut node = self;
        for step in steps {
            node = match (step, &node.kind) {
                (Step::Field(name), Kind::Map(_)) => node.entry(name).map(|(_, value)| value)?,
                (Step::Index(idx), Kind::List(items)) => items.get(*idx)?,
                (Step::Field(_), Kind::Scalar(_) | Kind::List(_))
                | (Step::Index(_), Kind::Scalar(_) | Kind::Map(_)) => return None,
            };
        }
        Some(node)
    }

    /// Returns the entry of a map that counts for this name.
    pub(crate) fn entry(&self, name: &str) -> Option<&(Key<'a>, Node<'a>)> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().rev().find(|(key, _)| key.name == name),
            Kind::Scalar(_) | Kind::List(_) => None,
        }
    }

    /// Returns the value as kubectl sends it to the cluster.
    pub(crate) fn to_json(&self) -> json::Value {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.value.to_json(),
            Kind::List(items) => items.iter().map(Node::to_json).collect(),
            Kind::Map(entries) => {
                let mut map = json::Map::new();
                for (key, value) in entries.iter() {
                    map.insert(key.name.to_string(), value.to_json());
                }
                json::Value::Object(map)
            }
        }
    }
}

/// The number of a line, in half the room: a tree has one for every value and every key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line(u32);

impl Line {
    /// Keeps a line number; what is above four billion counts as that.
    pub(super) fn new(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn number(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}
