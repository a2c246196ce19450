//! Builds the tree of one document from the events of the parser.
//!
//! Aliases share the nodes of their anchor, so a text of aliases of aliases ("billion laughs")
//! stays small here; as JSON it would not, so what aliases stand for is counted against a budget.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, Marker, ScalarStyle, Span, StructureStyle, Tag};

use super::error::{Error, TAB, too_deep};
use super::merge::{self, Entry};
use super::read::MAX_DEPTH;
use super::scalar::{self, Value};
use super::split::Chunk;
use super::tree::{Key, Kind, Line, Node, Scalar, Style};
use super::{Document, Surprise, SurpriseKind};

/// The tree of a document as far as the events tell it.
pub(super) struct Builder<'c, 'a> {
    chunk: &'c Chunk<'a>,
    budget: &'c mut usize,
    /// The collections that are open, the innermost last.
    frames: Vec<Frame>,
    /// The items of all open lists.
    items: Vec<Node<'a>>,
    /// The entries of all open maps.
    entries: Vec<Entry<'a>>,
    /// The keys of the open maps whose values have not come, in the order of the maps.
    keys: Vec<Key<'a>>,
    /// What the anchors stand for, in the order of their numbers from 1; nothing while it is open.
    anchors: Vec<Option<Part<'a>>>,
    surprises: Vec<Surprise>,
    root: Option<Node<'a>>,
}

/// A value with what it costs to repeat it.
#[derive(Clone)]
struct Part<'a> {
    node: Node<'a>,
    /// The values in it, aliases taken as what they stand for.
    size: usize,
    /// The levels of collections in it.
    height: usize,
    /// Whether it is written as an alias.
    alias: bool,
}

/// What the parser tells of a value besides the value.
struct Head<'e> {
    anchor: usize,
    tag: Option<&'e Tag>,
    span: &'e Span,
}

/// A collection whose end has not come yet.
struct Frame {
    span: Range<usize>,
    line: Line,
    flow: bool,
    anchor: usize,
    pinned: bool,
    size: usize,
    height: usize,
    parts: Parts,
}

/// Where the parts of an open collection are.
enum Parts {
    /// The first of its items.
    List(usize),
    /// The first of its entries, the entries whose key is `<<`, counted from that one, and whether
    /// a key waits for its value.
    Map { first: usize, merges: Vec<usize>, key: bool },
}

impl<'c, 'a> Builder<'c, 'a> {
    /// Begins a document; the budget shrinks by what its aliases stand for.
    pub(super) fn new(chunk: &'c Chunk<'a>, budget: &'c mut usize) -> Self {
        Self {
            chunk,
            budget,
            frames: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            keys: Vec::new(),
            anchors: Vec::new(),
            surprises: Vec::new(),
            root: None,
        }
    }

    /// Takes the next event of the document.
    pub(super) fn event(&mut self, event: Event<'a>, span: &Span) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, style, &Head { anchor, tag: tag.as_deref(), span })
            }
            Event::SequenceStart(style, anchor, tag) => {
                let parts = Parts::List(self.items.len());
                self.open(parts, style, &Head { anchor, tag: tag.as_deref(), span })
            }
            Event::MappingStart(style, anchor, tag) => {
                let first = self.entries.len();
                let parts = Parts::Map { first, merges: Vec::new(), key: false };
                self.open(parts, style, &Head { anchor, tag: tag.as_deref(), span })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                let message =
                    format!("the alias `*{name}` has no anchor `&{name}` above it: add it");
                Err(self.error(span, message))
            }
            // The rest tells of the stream, not of values.
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        head: &Head<'_>,
    ) -> Result<(), Error> {
        let Head { anchor, tag, span } = *head;
        let style = style_of(style, span);
        let text = if style == Style::Empty { Cow::Borrowed("") } else { text };
        let yaml_tag = tag.and_then(|tag| tag.suffix_in_namespace(YAML_TAGS));
        let merge = text == "<<"
            && match tag {
                None => style == Style::Plain,
                Some(_) => yaml_tag.as_deref() == Some("merge"),
            };
        let size = 1 + text.len() / TEXT_UNIT;
        let value = match (tag, style) {
            (Some(_), _) => scalar::tagged(text, yaml_tag.as_deref())
                .map_err(|message| self.error(span, message))?,
            (None, Style::Plain | Style::Empty) => {
                let (value, surprise) = scalar::plain(text);
                if let Some(kind) = surprise {
                    self.surprise(span.start, kind);
                }
                value
            }
            (None, _) => Value::String(text),
        };
        if anchor > 0 {
            let value = value.clone();
            let node = self.node(span, true, Kind::Scalar(Scalar { value, style }));
            self.define(anchor, Some(Part { node, size, height: 0, alias: false }));
        }
        if self.awaits_key() {
            if merge {
                self.merge();
            }
            return self.key(value, size, span);
        }
        if !value.has_json() {
            let message =
                "infinity and \"not a number\" are no numbers in JSON: put them in quotes";
            return Err(self.error(span, message));
        }
        let pinned = self.pinned() || anchor > 0 || tag.is_some();
        let node = self.node(span, pinned, Kind::Scalar(Scalar { value, style }));
        self.place(Part { node, size, height: 0, alias: false }, span)
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<(), Error> {
        let part = anchor.checked_sub(1).and_then(|idx| self.anchors.get(idx)?.clone());
        let Some(mut part) = part else {
            return Err(self.error(span, "an alias inside of its own anchor: write the value out"));
        };
        if self.frames.len() + part.height > MAX_DEPTH {
            return Err(self.error(span, too_deep()));
        }
        let Some(rest) = self.budget.checked_sub(part.size) else {
            return Err(self.error(span, TOO_MANY));
        };
        *self.budget = rest;
        let own = self.node(span, self.pinned(), part.node.kind);
        part.node = own;
        part.alias = true;
        if let Kind::Scalar(scalar) = &mut part.node.kind {
            scalar.style = Style::Alias;
        }
        if !self.awaits_key() {
            return self.place(part, span);
        }
        match part.node.kind {
            Kind::Scalar(scalar) => self.key(scalar.value, part.size, span),
            Kind::List(_) | Kind::Map(_) => Err(self.error(span, COLLECTION_AS_KEY)),
        }
    }

    fn open(&mut self, parts: Parts, style: StructureStyle, head: &Head<'_>) -> Result<(), Error> {
        let Head { anchor, tag, span } = *head;
        if self.awaits_key() {
            return Err(self.error(span, COLLECTION_AS_KEY).or_template(self.chunk));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(self.error(span, too_deep()));
        }
        let mut bytes = self.bytes(span);
        let before = &self.chunk.text[..bytes.start - self.chunk.offset];
        let block = style == StructureStyle::Block;
        // The parser lets a tab pass that indents a whole document.
        if block && self.frames.is_empty() && before.ends_with('\t') {
            return Err(self.error(span, TAB));
        }
        // It leaves the first dash out of a list that is not indented under its key.
        let entry = matches!(self.frames.last(), Some(Frame { parts: Parts::Map { .. }, .. }));
        if block && entry && matches!(parts, Parts::List(_)) {
            let dash = before.trim_end_matches([' ', '\t']).strip_suffix('-');
            bytes.start = dash.map_or(bytes.start, |rest| self.chunk.offset + rest.len());
        }
        self.define(anchor, None);
        self.frames.push(Frame {
            span: bytes,
            line: Line::new(self.line(span.start)),
            flow: !block,
            anchor,
            pinned: self.pinned() || anchor > 0 || tag.is_some(),
            size: 1,
            height: 1,
            parts,
        });
        Ok(())
    }

    fn close(&mut self, span: &Span) -> Result<(), Error> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let kind = match frame.parts {
            Parts::List(first) => Kind::List(self.items.drain(first..).collect()),
            Parts::Map { first, merges, key: _ } => {
                let entries = &self.entries[first..];
                merge::duplicates(entries, &merges, &mut self.surprises);
                let entries = self.entries.drain(first..);
                Kind::Map(if merges.is_empty() {
                    entries.collect()
                } else {
                    merge::expand(entries, &merges, &mut self.surprises).into()
                })
            }
        };
        // The parser ends a block where the next value begins, behind blank lines and comments.
        let end = if frame.flow { self.bytes(span).end } else { frame.span.end };
        let node =
            Node { span: frame.span.start..end, line: frame.line, pinned: frame.pinned, kind };
        let part = Part { node, size: frame.size, height: frame.height, alias: false };
        if frame.anchor > 0 {
            self.define(frame.anchor, Some(part.clone()));
        }
        self.place(part, span)
    }

    /// Takes a scalar as the key of the entry that comes next.
    fn key(&mut self, value: Value<'a>, size: usize, span: &Span) -> Result<(), Error> {
        let name = value.into_name().map_err(|message| self.error(span, message))?;
        let line = Line::new(self.line(span.start));
        let span = self.bytes(span);
        if let Some(Frame { size: total, parts: Parts::Map { key, .. }, .. }) =
            self.frames.last_mut()
        {
            *total = total.saturating_add(size);
            *key = true;
            self.keys.push(Key { name, span, line, merged: false });
        }
        Ok(())
    }

    /// Takes the entry that comes next as one whose key is `<<`.
    fn merge(&mut self) {
        if let Some(Frame { parts: Parts::Map { first, merges, .. }, .. }) = self.frames.last_mut()
        {
            merges.push(self.entries.len() - *first);
        }
    }

    /// Puts a value where it belongs.
    fn place(&mut self, part: Part<'a>, span: &Span) -> Result<(), Error> {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(part.node);
            return Ok(());
        };
        frame.size = frame.size.saturating_add(part.size);
        frame.height = frame.height.max(part.height + 1);
        frame.span.end = frame.span.end.max(part.node.span.end);
        match &mut frame.parts {
            Parts::List(_) => self.items.push(part.node),
            Parts::Map { first, merges, key } => {
                let merge = merges.last() == Some(&(self.entries.len() - *first));
                // A list of maps has to be written where it is merged.
                let list = part.alias && matches!(part.node.kind, Kind::List(_));
                if merge && (list || !merge::can_merge(&part.node)) {
                    return Err(self.error(span, NOT_MERGEABLE));
                }
                *key = false;
                // A value without a key does not come: `awaits_key` has been asked first.
                if let Some(key) = self.keys.pop() {
                    self.entries.push((key, part.node));
                }
            }
        }
        Ok(())
    }

    fn define(&mut self, anchor: usize, part: Option<Part<'a>>) {
        let Some(idx) = anchor.checked_sub(1) else {
            return;
        };
        if self.anchors.len() <= idx {
            self.anchors.resize(anchor, None);
        }
        self.anchors[idx] = part;
    }

    /// Returns the document, unless it is empty.
    pub(super) fn finish(self) -> Option<Document<'a>> {
        let root = self.root?;
        let empty = matches!(&root.kind, Kind::Scalar(scalar) if scalar.value == Value::Null);
        let mut surprises = self.surprises;
        surprises.sort_by_key(|surprise| surprise.line);
        (!empty).then_some(Document { root, surprises })
    }

    fn awaits_key(&self) -> bool {
        let parts = self.frames.last().map(|frame| &frame.parts);
        matches!(parts, Some(Parts::Map { key: false, .. }))
    }

    fn pinned(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.pinned)
    }

    fn node(&self, span: &Span, pinned: bool, kind: Kind<'a>) -> Node<'a> {
        Node { span: self.bytes(span), line: Line::new(self.line(span.start)), pinned, kind }
    }

    /// Notes what happens at a place.
    pub(super) fn surprise(&mut self, mark: Marker, kind: SurpriseKind) {
        let line = self.line(mark);
        self.surprises.push(Surprise { line, kind });
    }

    fn error(&self, span: &Span, message: impl Into<String>) -> Error {
        Error::at(self.chunk, span.start, message)
    }

    fn line(&self, mark: Marker) -> usize {
        self.chunk.line + mark.line().saturating_sub(1)
    }

    /// Returns the bytes of a span in the whole text.
    fn bytes(&self, span: &Span) -> Range<usize> {
        // The parser knows the bytes of every span, as it reads from a string.
        let bytes = span.byte_range().unwrap_or_default();
        self.chunk.offset + bytes.start..self.chunk.offset + bytes.end
    }
}

/// Returns the style; a value that is not written comes as a plain one without a width.
fn style_of(style: ScalarStyle, span: &Span) -> Style {
    match style {
        ScalarStyle::Plain if span.is_empty() => Style::Empty,
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

/// The length of text that counts as one value more against the budget.
const TEXT_UNIT: usize = 32;
/// The namespace of tags such as `!!str`.
const YAML_TAGS: &str = "tag:yaml.org,2002:";
const COLLECTION_AS_KEY: &str =
    "a map or a list as a key, where Kubernetes has names only: put the key in quotes";
const NOT_MERGEABLE: &str = "`<<` needs a map, an alias of a map or a list of these";
const TOO_MANY: &str =
    "the aliases stand for more values than any Kubernetes object has: write the values out";
