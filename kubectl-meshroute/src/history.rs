//! The changes of weights that a route remembers in an annotation.

use std::collections::BTreeMap;

use meshroute::shift::{Memory, RuleShift, Shift};
use serde::{Deserialize, Serialize};

/// The annotation.
pub(crate) const ANNOTATION: &str = "meshroute.dev/history";

/// How many changes are remembered.
const MANY: usize = 10;

/// The annotations of an object hold at most this many bytes, keys and values together
/// (`k8s.io/apimachinery/pkg/api/validation/objectmeta.go`, `TotalAnnotationSizeLimitB`).
const ROOM: usize = 256 * 1024;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its number, from 1.
    pub(crate) rev: u64,
    /// Who made it.
    pub(crate) who: String,
    /// When, as the clock of who made it showed it.
    pub(crate) when: String,
    /// The rules whose weights it changed.
    pub(crate) rules: Vec<Rule>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// The weights of one rule, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    /// The index of the rule.
    pub(crate) rule: usize,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// `NAMESPACE/NAME:PORT` of each backend.
    pub(crate) backends: Vec<String>,
    /// The weights before.
    pub(crate) from: Vec<u32>,
    /// The weights after.
    pub(crate) to: Vec<u32>,
}

/// What is known of a change before its number is.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    /// Who makes it.
    pub(crate) who: String,
    /// Why.
    pub(crate) reason: Option<String>,
}

/// An annotation to write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grown {
    /// Its value; none where it has no room.
    pub(crate) value: Option<String>,
    /// What a user should know about that.
    pub(crate) note: Option<&'static str>,
}

impl Entry {
    /// Whether the weights that a change starts from still are what this one has made of them, as
    /// far as the two are about the same rules.
    pub(crate) fn is_still_in(&self, shift: &Shift) -> bool {
        shift.rules.iter().all(|rule| {
            let mut written = self.rules.iter().filter(|of| of.rule == rule.index);
            written.all(|of| of.to == rule.before())
        })
    }
}

/// Reads the annotation, the oldest change first.
pub(crate) fn read(annotation: Option<&str>) -> Result<Vec<Entry>, String> {
    match annotation {
        None | Some("") => Ok(Vec::new()),
        Some(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
    }
}

/// The annotation with one more change.
pub(crate) fn grown(
    annotations: &BTreeMap<String, String>,
    shift: &Shift,
    author: &Author,
    when: &str,
) -> Grown {
    let read = read(annotations.get(ANNOTATION).map(String::as_str));
    let mut note = read
        .is_err()
        .then_some("the history of the route could not be read and begins anew with this change");
    let mut entries = read.unwrap_or_default();
    let rev = entries.iter().map(|entry| entry.rev).max().unwrap_or(0).saturating_add(1);
    let changed = shift.rules.iter().filter(|rule| !rule.is_unchanged());
    entries.push(Entry {
        rev,
        who: author.who.clone(),
        when: when.into(),
        rules: changed.map(rule).collect(),
        reason: author.reason.clone(),
    });
    let others = annotations.iter().filter(|(key, _)| *key != ANNOTATION);
    let taken: usize = others.map(|(key, value)| key.len() + value.len()).sum();
    let room = ROOM.saturating_sub(taken + ANNOTATION.len());
    entries.drain(..entries.len().saturating_sub(MANY));
    while !entries.is_empty() {
        let value = escaped(&serde_json::to_string(&entries).unwrap_or_default());
        if value.len() <= room {
            return Grown { value: Some(value), note };
        }
        note = Some("the annotations of the route are nearly full: older changes were forgotten");
        entries.remove(0);
    }
    let note = "the annotations of the route are full: this change is not in its history";
    Grown { value: None, note: Some(note) }
}

/// JSON without the characters that Go writes as escapes (`encoding/json`, `HTMLEscape`). An API
/// server compares texts in a `test` as they are encoded, so that one and the same text would differ
/// from itself.
pub(crate) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

fn rule(rule: &RuleShift) -> Rule {
    let backends = rule.backends.iter().map(|backend| {
        let reference = &backend.reference;
        match reference.port {
            Some(port) => format!("{}:{port}", reference.name),
            None => reference.name.to_string(),
        }
    });
    Rule {
        rule: rule.index,
        name: rule.rule.name.clone(),
        backends: backends.collect(),
        from: rule.before(),
        to: rule.after(),
    }
}

/// The weights that a route had after this revision; of the last change, those before it, where
/// none is named.
pub(crate) fn memories(entries: &[Entry], to: Option<u64>) -> Option<Vec<Memory>> {
    let last = entries.last()?;
    let oldest = entries.first()?.rev;
    let named = to;
    let to = to.unwrap_or(last.rev.saturating_sub(1));
    if to > last.rev || to.saturating_add(1) < oldest {
        return None;
    }
    let mut memories: Vec<Memory> = Vec::new();
    let mut put = |rule: &Rule, weights: &[u32]| {
        let memory = memory(rule, weights);
        match memories.iter_mut().find(|other| is_same_rule(other, &memory)) {
            Some(other) => *other = memory,
            None => memories.push(memory),
        }
    };
    for entry in entries.iter().rev().take_while(|entry| entry.rev > to) {
        entry.rules.iter().for_each(|rule| put(rule, &rule.from));
    }
    if let Some(entry) = entries.iter().find(|entry| Some(entry.rev) == named) {
        entry.rules.iter().for_each(|rule| put(rule, &rule.to));
    }
    Some(memories)
}

fn is_same_rule(a: &Memory, b: &Memory) -> bool {
    let names = |memory: &Memory| -> Vec<_> {
        memory
            .backends
            .iter()
            .map(|(ns, name, port, _)| (ns.clone(), name.clone(), *port))
            .collect()
    };
    (a.index, &a.name) == (b.index, &b.name) && names(a) == names(b)
}

fn memory(rule: &Rule, weights: &[u32]) -> Memory {
    let backends = rule.backends.iter().zip(weights).map(|(backend, weight)| {
        let (name, port) = match backend.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().ok()),
            None => (backend.as_str(), None),
        };
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        (namespace.to_owned(), name.to_owned(), port, *weight)
    });
    Memory { index: rule.rule, name: rule.name.clone(), backends: backends.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rev: u64, rule: usize, from: [u32; 2], to: [u32; 2]) -> Entry {
        let backends = vec!["shop/a:80".into(), "shop/b:80".into()];
        let rule = Rule { rule, name: None, backends, from: from.into(), to: to.into() };
        Entry { rev, who: "x".into(), when: String::new(), rules: vec![rule], reason: None }
    }

    fn weights(entries: &[Entry], to: Option<u64>) -> Option<Vec<(usize, Vec<u32>)>> {
        let memories = memories(entries, to)?;
        let weights = |memory: &Memory| memory.backends.iter().map(|(.., it)| *it).collect();
        Some(memories.iter().map(|memory| (memory.index, weights(memory))).collect())
    }

    #[test]
    fn undoing_goes_back_to_what_was_before() {
        let entries =
            [entry(3, 0, [9, 1], [8, 2]), entry(4, 1, [5, 5], [1, 0]), entry(5, 0, [8, 2], [0, 1])];
        assert_eq!(weights(&entries, None), Some(vec![(0, vec![8, 2])]));
        assert_eq!(weights(&entries, Some(4)), Some(vec![(0, vec![8, 2]), (1, vec![1, 0])]));
        assert_eq!(weights(&entries, Some(3)), Some(vec![(0, vec![8, 2]), (1, vec![5, 5])]));
        assert_eq!(weights(&entries, Some(2)), Some(vec![(0, vec![9, 1]), (1, vec![5, 5])]));
        assert_eq!(weights(&entries, Some(1)), None);
        assert_eq!(weights(&entries, Some(6)), None);
        assert_eq!(weights(&[], None), None);
    }

    #[test]
    fn an_annotation_is_read_again() {
        let entries = vec![entry(1, 0, [9, 1], [8, 2])];
        let text = serde_json::to_string(&entries).expect("it is JSON");
        assert_eq!(read(Some(&text)), Ok(entries));
        assert_eq!(read(Some("")), Ok(Vec::new()));
        assert_eq!(read(None), Ok(Vec::new()));
        assert!(read(Some("x")).is_err());
    }
}
