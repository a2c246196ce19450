//! Bytes that take the place of other bytes.

use std::ops::Range;

use crate::yaml::{Key, Kind, Node, Style};

/// Bytes that take the place of other bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The bytes that go; none where something is only inserted.
    pub(crate) span: Range<usize>,
    /// What comes in their place.
    pub(crate) text: String,
}

/// Returns the text with the changes of all groups; none if two groups meet in one place.
pub(super) fn apply(text: &[u8], groups: Vec<Vec<Change>>) -> Option<Vec<u8>> {
    let mut changes: Vec<(usize, Change)> = Vec::new();
    for (group, members) in groups.into_iter().enumerate() {
        changes.extend(members.into_iter().map(|change| (group, change)));
    }
    // What is inserted at one place stays in its order.
    changes.sort_by_key(|(_, change)| change.span.start);
    let meet = |pair: &[(usize, Change)]| {
        pair[0].0 != pair[1].0 && pair[0].1.span.start == pair[1].1.span.start
    };
    if changes.windows(2).any(meet) {
        return None;
    }
    splice(text, 0..text.len(), changes.into_iter().map(|(_, change)| change))
}

/// Returns this part of a text with changes of it, which come in their order; none if two overlap.
pub(super) fn splice(
    text: &[u8],
    part: Range<usize>,
    changes: impl IntoIterator<Item = Change>,
) -> Option<Vec<u8>> {
    let mut new = Vec::with_capacity(part.len() + 16);
    let mut done = part.start;
    for Change { span, text: put } in changes {
        if span.start < done {
            return None;
        }
        new.extend_from_slice(text.get(done..span.start)?);
        new.extend_from_slice(put.as_bytes());
        done = span.end;
    }
    new.extend_from_slice(text.get(done..part.end)?);
    Some(new)
}

/// Returns the change that gives an entry this value.
pub(super) fn replace(text: &[u8], key: &Key<'_>, value: &Node<'_>, number: &str) -> Change {
    let is_empty = matches!(&value.kind, Kind::Scalar(scalar) if scalar.style == Style::Empty);
    if !is_empty {
        return Change { span: value.span.clone(), text: number.to_owned() };
    }
    // A value that is not written has the place behind its key, or behind its anchor.
    if text[key.span.end..value.span.start].contains(&b':') {
        return insertion(value.span.start, format!(" {number}"));
    }
    let blanks = text[key.span.end..].iter().take_while(|byte| is_blank(**byte)).count();
    match text.get(key.span.end + blanks) {
        Some(b':') => insertion(key.span.end + blanks + 1, format!(" {number}")),
        // In `{weight}` there is not even a colon.
        _ => insertion(key.span.end, format!(": {number}")),
    }
}

/// Returns the change that only inserts.
pub(super) fn insertion(at: usize, text: String) -> Change {
    Change { span: at..at, text }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether the first span holds the second.
pub(super) fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
