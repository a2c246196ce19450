//! Closes a map: finds equal keys and puts what `<<` brings in its place.
//!
//! Source: `decoder.mapping` and `decoder.merge` of go-yaml v2. Entries are set one after the
//! other and `<<` sets its entries when its turn comes, so the last of two equal keys wins, and
//! **a `<<` below a key overrides that key**; the YAML merge type says otherwise, and so does
//! every other reader. Of a list of maps the first wins.

use std::collections::HashSet;

use super::tree::{Key, Kind, Node};
use super::{Surprise, SurpriseKind};

/// An entry of a map.
pub(super) type Entry<'a> = (Key<'a>, Node<'a>);

/// Returns whether a value can follow `<<`: a map or a list of maps.
pub(super) fn can_merge(value: &Node<'_>) -> bool {
    match &value.kind {
        Kind::Map(_) => true,
        Kind::List(items) => items.iter().all(|it| matches!(it.kind, Kind::Map(_))),
        Kind::Scalar(_) => false,
    }
}

/// Notes the keys of a map that are written twice; `merges` are the places of the `<<` entries.
pub(super) fn duplicates(entries: &[Entry<'_>], merges: &[usize], surprises: &mut Vec<Surprise>) {
    let is_merge = |idx: &usize| merges.binary_search(idx).is_ok();
    // Most maps are small, and comparing is then cheaper than hashing.
    let mut seen = HashSet::new();
    for (idx, (key, _)) in entries.iter().enumerate() {
        if is_merge(&idx) {
            continue;
        }
        let duplicate = if entries.len() <= SMALL {
            (0..idx).any(|other| entries[other].0.name == key.name && !is_merge(&other))
        } else {
            !seen.insert(&key.name)
        };
        if duplicate {
            surprises.push(Surprise { line: key.line(), kind: SurpriseKind::DuplicateKey });
        }
    }
}

/// Returns the entries with those of each `<<` in its place.
pub(super) fn expand<'a>(
    entries: impl ExactSizeIterator<Item = Entry<'a>>,
    merges: &[usize],
    surprises: &mut Vec<Surprise>,
) -> Vec<Entry<'a>> {
    let mut expanded: Vec<Entry<'a>> = Vec::with_capacity(entries.len());
    let mut written = HashSet::new();
    for (idx, (key, value)) in entries.enumerate() {
        if merges.binary_search(&idx).is_err() {
            written.insert(key.name.clone());
            expanded.push((key, value));
            continue;
        }
        let start = expanded.len();
        match &value.kind {
            Kind::Map(map) => append(&mut expanded, map),
            Kind::List(items) => {
                // The first map wins, and of equal keys the last one counts.
                for item in items.iter().rev() {
                    if let Kind::Map(map) = &item.kind {
                        append(&mut expanded, map);
                    }
                }
            }
            // `can_merge` has refused these.
            Kind::Scalar(_) => {}
        }
        if expanded[start..].iter().any(|(key, _)| written.contains(&key.name)) {
            surprises.push(Surprise { line: key.line(), kind: SurpriseKind::MergeOverrides });
        }
    }
    expanded
}

fn append<'a>(entries: &mut Vec<Entry<'a>>, map: &[Entry<'a>]) {
    entries.extend(map.iter().map(|(key, value)| {
        let key = Key { merged: true, ..key.clone() };
        (key, value.clone())
    }));
}

const SMALL: usize = 12;
