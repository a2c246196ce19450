//! Reads the edited text again, and compares it with what was to become of it.

use std::collections::BTreeMap;

use super::{
    change::holds,
    find::{Target, WEIGHT},
};
use crate::yaml::{self, Document, Kind, Node, Step, Value};

/// A value that is not what it was to become.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Its place in the document, such as `spec.rules[0].name`.
    pub(super) path: String,
    /// The line, from 1, in which it was read.
    pub(super) line: usize,
}

/// Returns the first value that is not what it was, or that does not have the weight of its target.
pub(super) fn difference(
    old: &[Document<'_>],
    new: &[u8],
    targets: &[&Target<'_, '_>],
) -> Option<Difference> {
    let new = yaml::documents(new);
    if new.len() != old.len() {
        return Some(Difference { path: String::new(), line: 1 });
    }
    for (idx, (old, new)) in old.iter().zip(&new).enumerate() {
        let line = old.root.line();
        let Ok(new) = new else { return Some(Difference { path: String::new(), line }) };
        let here: Vec<&Target<'_, '_>> =
            targets.iter().filter(|it| it.document == idx).copied().collect();
        let mut comparison = Comparison { targets: here, steps: Vec::new() };
        if let Some(difference) = comparison.values(&old.root, &new.root, line) {
            return Some(difference);
        }
    }
    None
}

struct Comparison<'c, 't, 'a> {
    /// The targets of this document.
    targets: Vec<&'c Target<'t, 'a>>,
    /// Where the comparison is.
    steps: Vec<Step<'c>>,
}

impl<'c> Comparison<'c, '_, '_> {
    /// Compares two values; `line` is where a reader of the old text is.
    fn values(&mut self, old: &'c Node<'_>, new: &Node<'_>, line: usize) -> Option<Difference> {
        match (&old.kind, &new.kind) {
            (Kind::Scalar(a), Kind::Scalar(b)) => (a.value != b.value).then(|| self.here(line)),
            (Kind::List(a), Kind::List(b)) => {
                if a.len() != b.len() {
                    return Some(self.here(line));
                }
                for (idx, (a, b)) in a.iter().zip(b.iter()).enumerate() {
                    self.steps.push(Step::Index(idx));
                    let difference = self.values(a, b, line_of(old, a, line));
                    self.steps.pop();
                    if difference.is_some() {
                        return difference;
                    }
                }
                None
            }
            (Kind::Map(_), Kind::Map(_)) => self.maps(old, new, line),
            (Kind::Scalar(_) | Kind::List(_) | Kind::Map(_), _) => Some(self.here(line)),
        }
    }

    fn maps(&mut self, old: &'c Node<'_>, new: &Node<'_>, line: usize) -> Option<Difference> {
        let target = self.targets.iter().find(|it| it.steps == self.steps).copied();
        let (before, mut after) = (effective(old), effective(new));
        if let Some(target) = target {
            let wanted = after.remove(WEIGHT);
            let is_as_wanted = match wanted {
                Some(node) => is_number(node, target.new),
                // The default is not written for its own sake.
                None => !target.is_changing(),
            };
            // A null counts as the default as well.
            let is_untouched = wanted.is_some_and(is_null) && !target.is_changing();
            if !is_as_wanted && !is_untouched {
                self.steps.push(Step::Field(WEIGHT));
                let difference = self.here(line);
                self.steps.pop();
                return Some(difference);
            }
        }
        for (name, value) in before {
            if target.is_some() && name == WEIGHT {
                continue;
            }
            self.steps.push(Step::Field(name));
            let line = line_of(old, value, line);
            let difference = match after.remove(name) {
                Some(new) => self.values(value, new, line),
                None => Some(self.here(line)),
            };
            self.steps.pop();
            if difference.is_some() {
                return difference;
            }
        }
        (!after.is_empty()).then(|| self.here(line))
    }

    fn here(&self, line: usize) -> Difference {
        Difference { path: path(&self.steps), line }
    }
}

/// A way as it is written, such as `spec.rules[0].name`.
pub(super) fn path(steps: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Field(name) if path.is_empty() => path.push_str(name),
            Step::Field(name) => path.push_str(&format!(".{name}")),
            Step::Index(idx) => path.push_str(&format!("[{idx}]")),
        }
    }
    path
}

/// The line of a part, or of the alias that brings it in.
fn line_of(whole: &Node<'_>, part: &Node<'_>, line: usize) -> usize {
    if holds(&whole.span, &part.span) { part.line() } else { line }
}

/// The entries that count.
fn effective<'n>(node: &'n Node<'_>) -> BTreeMap<&'n str, &'n Node<'n>> {
    let Kind::Map(entries) = &node.kind else { return BTreeMap::new() };
    entries.iter().map(|(key, value)| (&*key.name, value)).collect()
}

fn is_number(node: &Node<'_>, number: u32) -> bool {
    let Kind::Scalar(scalar) = &node.kind else { return false };
    scalar.value.to_json().as_u64() == Some(u64::from(number))
}

fn is_null(node: &Node<'_>) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.value == Value::Null)
}
