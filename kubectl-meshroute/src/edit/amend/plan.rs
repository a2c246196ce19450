//! Where a change is made, and which bytes that takes.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use serde_json as json;

use super::{Amendment, Put, Refused};
use crate::{
    edit::{
        change::{self, Change},
        find,
        insert::insert,
        style::{Quotes, Style, quoted},
    },
    yaml::{Kind, Node, Style as Written},
};

/// What stands for several values.
pub(super) const SHARED: &str =
    "an anchor, an alias or a merge stands there for more than this value: write it out";
/// What has no place that can be told.
pub(super) const ODD: &str = "what is written there cannot be changed for certain: edit it by hand";

/// The place of a change.
pub(super) struct Site<'t, 'p> {
    pub(super) change: &'p Amendment<'p>,
    /// The map that holds the field.
    pub(super) map: &'t Node<'t>,
    /// The line in which a reader looks for it.
    pub(super) line: usize,
    /// Whether other values may hang on its bytes.
    pub(super) is_shared: bool,
    at: At,
}

/// What a change does with bytes.
enum At {
    /// These are replaced.
    Here(Change),
    /// An entry is put into the map.
    Inside,
    /// Nothing: the text of the map stands elsewhere, and has to change there.
    Elsewhere,
}

impl<'t, 'p> Site<'t, 'p> {
    /// Finds the place of a change.
    pub(super) fn find(
        text: &[u8],
        root: Option<&'t Node<'t>>,
        style: Option<Style>,
        change: &'p Amendment<'p>,
    ) -> Result<Self, Refused> {
        let nowhere = Refused { line: root.map_or(1, Node::line), why: ODD };
        let (Some(root), Some(style)) = (root, style) else { return Err(nowhere) };
        let way = find::way(root, &change.steps).ok_or(nowhere)?;
        let (map, line) = (way.node, way.line);
        let odd = || Refused { line, why: ODD };
        if !matches!(map.kind, Kind::Map(_)) {
            return Err(odd());
        }
        let at = match way.is_apart {
            true => At::Elsewhere,
            false => at(text, map, style, change).ok_or_else(odd)?,
        };
        Ok(Self { change, map, line, is_shared: way.is_shared, at })
    }

    /// Whether the map is written where the change leads to.
    pub(super) fn is_own(&self) -> bool {
        match self.at {
            At::Here(_) | At::Inside => true,
            At::Elsewhere => false,
        }
    }
}

fn at(text: &[u8], map: &Node<'_>, style: Style, change: &Amendment<'_>) -> Option<At> {
    match (&change.put, map.entry(change.field)) {
        (Put::Name(name), Some((key, _))) if !key.merged && map.entry(name).is_none() => {
            let name = like(text.get(key.span.start), &name.as_str().into(), style);
            Some(At::Here(Change { span: key.span.clone(), text: name }))
        }
        (Put::Name(_), _) => None,
        (Put::Value(_), None) => Some(At::Inside),
        // Which of two counts differs between readers.
        (Put::Value(_), Some((key, _))) if key.merged => {
            (!find::has_own(map, change.field)).then_some(At::Inside)
        }
        (Put::Value(value), Some((key, old))) => {
            let Kind::Scalar(scalar) = &old.kind else { return None };
            if scalar.style == Written::Block {
                return None;
            }
            let value = like(text.get(old.span.start), value, style);
            Some(At::Here(change::replace(text, key, old, &value)))
        }
    }
}

/// A value in the quotes of the one whose first byte this is.
fn like(first: Option<&u8>, value: &json::Value, style: Style) -> String {
    match (value, first) {
        (json::Value::String(text), Some(b'\'')) => quoted(text, Quotes::Single),
        (json::Value::String(text), Some(b'"')) => quoted(text, Quotes::Double),
        _ => style.flow(value, true, ": ", ", "),
    }
}

/// The changes of bytes, in their order; none where some cannot be told.
pub(super) fn changes<'s>(
    text: &[u8],
    style: Style,
    sites: impl Iterator<Item = &'s Site<'s, 's>>,
) -> Option<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    // Of two maps that end in one place, the inner one begins later, and goes on first.
    let mut inserts: BTreeMap<Reverse<usize>, Insert<'_>> = BTreeMap::new();
    let mut names: BTreeSet<(usize, &str)> = BTreeSet::new();
    for site in sites {
        if let Put::Name(name) = &site.change.put {
            names.insert((site.map.span.start, name));
        }
        match (&site.at, &site.change.put) {
            (At::Here(change), _) => changes.push(change.clone()),
            (At::Inside, Put::Value(value)) => {
                let insert = inserts
                    .entry(Reverse(site.map.span.start))
                    .or_insert_with(|| Insert { map: site.map, entries: Vec::new() });
                let entry = (site.change.field, value);
                if !insert.entries.contains(&entry) {
                    insert.entries.push(entry);
                }
            }
            (At::Inside, Put::Name(_)) | (At::Elsewhere, _) => {}
        }
    }
    for Insert { map, entries } in inserts.into_values() {
        // A field that gets this name would be there twice.
        if entries.iter().any(|(field, _)| names.contains(&(map.span.start, *field))) {
            return None;
        }
        changes.extend(insert(text, map, style, &entries)?);
    }
    // What is inserted goes before what is replaced.
    changes.sort_by_key(|change| (change.span.start, !change.span.is_empty()));
    // An anchor may have been asked for the same several times.
    changes.dedup_by(|a, b| a == b && !a.span.is_empty());
    Some(changes)
}

/// What is put into a map.
struct Insert<'s> {
    map: &'s Node<'s>,
    entries: Vec<(&'s str, &'s json::Value)>,
}
