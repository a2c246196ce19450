//! From the place in an object to the place in a text.

use std::{
    cell::{Cell, OnceCell},
    ops::Range,
};

use meshroute::path::{self, FieldPath};

use crate::{
    view::lint::{Excerpt, Swap},
    yaml::{Node, Step},
};

/// A part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The first column, in characters from 1.
    pub(crate) column: usize,
    /// The column after the last.
    pub(crate) end: usize,
    /// The byte of the text where it starts.
    pub(crate) at: usize,
}

/// How many characters of a line are shown before and after the place that is marked.
const BEFORE: usize = 80;
const AFTER: usize = 160;

/// A text, cut into lines once somebody asks.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    starts: OnceCell<Vec<usize>>,
    /// The line that was asked for last: thousands of findings may be in one.
    last: Cell<(usize, &'t str)>,
    /// A byte, and its column: the next place in the same line is counted from there.
    counted: Cell<(usize, usize)>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { text, starts: OnceCell::new(), last: Cell::default(), counted: Cell::default() }
    }

    /// The whole text.
    pub(super) fn all(&self) -> &'t [u8] {
        self.text
    }

    /// These bytes of it; none where it has no such bytes.
    pub(super) fn bytes(&self, span: &Range<usize>) -> &'t [u8] {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The replacement of these bytes, with the places of its ends.
    pub(super) fn swap(&self, span: Range<usize>, text: String) -> Swap {
        Swap { start: self.point(span.start), end: self.point(span.end), text }
    }

    /// The text of a line, without its end.
    pub(super) fn text(&self, line: usize) -> &'t str {
        if self.last.get().0 == line {
            return self.last.get().1;
        }
        let bytes = self.text.get(self.range(line)).unwrap_or_default();
        let whole = std::str::from_utf8(bytes).unwrap_or_default();
        let text = whole.trim_end_matches(['\n', '\r']);
        self.last.set((line, text));
        text
    }

    /// The line of a mark, or what is around the mark where the line is very long: a file may be one
    /// line, and thousands of findings in it.
    pub(super) fn excerpt(&self, mark: Mark) -> Excerpt {
        let line = self.text(mark.line);
        let start = self.range(mark.line).start;
        let cut = mark.at.saturating_sub(start);
        let (Some(before), Some(after)) = (line.get(..cut), line.get(cut..)) else {
            return Excerpt { text: line.to_owned(), cut: 0 };
        };
        let from = before.char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
        let to = after.char_indices().nth(AFTER).map_or(after.len(), |(at, _)| at);
        let mut text = String::new();
        if from > 0 {
            text.push('…');
        }
        text.push_str(&before[from..]);
        // What stands for the rest takes the place of a character.
        let shown = text.chars().count();
        text.push_str(&after[..to]);
        if to < after.len() {
            text.push('…');
        }
        Excerpt { text, cut: (mark.column - 1).saturating_sub(shown) }
    }

    /// A whole line, without the blanks around it.
    pub(super) fn whole(&self, line: usize) -> Mark {
        let text = self.text(line);
        let column = text.chars().take_while(|c| c.is_whitespace()).count() + 1;
        let at = self.range(line).start + text.len() - text.trim_start().len();
        Mark { line, column, end: column + text.trim().chars().count(), at }
    }

    /// The rest of a line from a column on.
    pub(super) fn at(&self, line: usize, column: usize) -> Mark {
        // What is missing at the end may be missed below the last line.
        let last = self.starts().len();
        if line > last {
            return self.at(last, self.text(last).chars().count() + 1);
        }
        let text = self.text(line);
        let before =
            text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |it| it.0);
        let end = text.chars().count() + 1;
        Mark { line, column, end: end.max(column + 1), at: self.range(line).start + before }
    }

    /// Where a path leads in an object; where it is not written, the last part that is.
    pub(super) fn of_path(&self, object: &Node<'_>, path: &FieldPath) -> Mark {
        let steps: Vec<Step<'_>> = path
            .steps()
            .iter()
            .map(|step| match step {
                path::Step::Field(name) => Step::Field(name),
                path::Step::Index(index) => Step::Index(*index),
            })
            .collect();
        let written = (1..=steps.len()).rev().find_map(|length| span(object, &steps[..length]));
        match written {
            Some(span) => self.mark(span),
            None => self.mark(object.span.clone()),
        }
    }

    /// Whether `{{` stands anywhere in the text of an object, which is quick to tell.
    pub(super) fn holds_braces(&self, object: &Node<'_>) -> bool {
        let text = self.text.get(object.span.clone()).unwrap_or_default();
        text.windows(2).any(|pair| pair == b"{{")
    }

    /// The part of a span that is in its first line.
    fn mark(&self, span: Range<usize>) -> Mark {
        let (line, column) = self.point(span.start);
        let line_end = self.range(line).start + self.text(line).len();
        let end = column + self.count(span.start..span.end.min(line_end).max(span.start));
        Mark { line, column, end: end.max(column + 1), at: span.start }
    }

    /// The line of a byte, and its column in characters, both from 1.
    fn point(&self, at: usize) -> (usize, usize) {
        let starts = self.starts();
        let line = starts.partition_point(|start| *start <= at).max(1);
        let start = starts.get(line - 1).copied().unwrap_or_default();
        let (counted, column) = self.counted.get();
        let column = if (start..=at).contains(&counted) && column > 0 {
            column + self.count(counted..at)
        } else {
            1 + self.count(start..at)
        };
        self.counted.set((at, column));
        (line, column)
    }

    /// How many characters these bytes are.
    fn count(&self, bytes: Range<usize>) -> usize {
        String::from_utf8_lossy(self.bytes(&bytes)).chars().count()
    }

    fn range(&self, line: usize) -> Range<usize> {
        let starts = self.starts();
        let start = line.checked_sub(1).and_then(|index| starts.get(index)).copied();
        let start = start.unwrap_or(self.text.len());
        start..starts.get(line).copied().unwrap_or(self.text.len())
    }

    fn starts(&self) -> &Vec<usize> {
        self.starts.get_or_init(|| {
            let breaks = self.text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        })
    }
}

/// The bytes of what the steps lead to: a field with its name.
fn span(object: &Node<'_>, steps: &[Step<'_>]) -> Option<Range<usize>> {
    let (last, before) = steps.split_last()?;
    let within = object.at(before)?;
    match last {
        Step::Field(name) => {
            let (key, value) = within.entry(name)?;
            let follows = value.span.start >= key.span.end;
            Some(
                key.span.start..if follows {
                    value.span.end.max(key.span.end)
                } else {
                    key.span.end
                },
            )
        }
        Step::Index(_) => within.at(&[*last]).map(|item| item.span.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn mark(text: &str, path: &[path::Step]) -> (Mark, String) {
        let documents = yaml::documents(text.as_bytes());
        let document = documents[0].as_ref().expect("it is YAML");
        let lines = Lines::of(text.as_bytes());
        let mark = lines.of_path(&document.root, &path.iter().cloned().collect());
        let marked = lines.text(mark.line).chars().skip(mark.column - 1);
        (mark, marked.take(mark.end - mark.column).collect())
    }

    #[test]
    fn a_path_leads_to_the_part_that_is_written() {
        let text = "spec:\n  rules:\n  - name: ä\n    weight: 1 # one\n  - {name: b, x: c}\n";
        let at = |steps: &[path::Step]| mark(text, steps).1;
        let [spec, rules, name] = ["spec", "rules", "name"].map(path::Step::from);
        assert_eq!(at(&[spec.clone(), rules.clone(), 0.into(), name.clone()]), "name: ä");
        assert_eq!(at(&[spec.clone(), rules.clone(), 1.into()]), "{name: b, x: c}");
        assert_eq!(at(&[spec.clone(), rules.clone(), 1.into(), "x".into()]), "x: c");
        assert_eq!(at(&[spec.clone(), rules.clone(), 0.into(), "gone".into()]), "name: ä");
        assert_eq!(at(&[spec.clone(), rules.clone()]), "rules:");
        assert_eq!(mark(text, &[spec, rules, 0.into(), "weight".into()]).0.line, 4);
    }
}
