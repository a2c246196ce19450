//! From the place in an object to the place in a text.

use std::{cell::OnceCell, ops::Range};

use meshroute::path::{self, FieldPath};

use crate::{
    view::lint::Swap,
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
}

/// A text, cut into lines once somebody asks.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    starts: OnceCell<Vec<usize>>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { text, starts: OnceCell::new() }
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
        let bytes = self.text.get(self.range(line)).unwrap_or_default();
        let whole = std::str::from_utf8(bytes).unwrap_or_default();
        whole.trim_end_matches(['\n', '\r'])
    }

    /// A whole line, without the blanks around it.
    pub(super) fn whole(&self, line: usize) -> Mark {
        let text = self.text(line);
        let column = text.chars().take_while(|c| c.is_whitespace()).count() + 1;
        Mark { line, column, end: column + text.trim().chars().count() }
    }

    /// The rest of a line from a column on.
    pub(super) fn at(&self, line: usize, column: usize) -> Mark {
        let end = self.text(line).chars().count() + 1;
        Mark { line, column, end: end.max(column + 1) }
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

    /// Whether a bare `{{` stands in the text of an object: it is a template, which reads as YAML by
    /// chance.
    pub(super) fn holds_braces(&self, object: &Node<'_>) -> bool {
        let text = self.text.get(object.span.clone()).unwrap_or_default();
        text.windows(2).any(|pair| pair == b"{{")
    }

    /// The part of a span that is in its first line.
    fn mark(&self, span: Range<usize>) -> Mark {
        let starts = self.starts();
        let line = starts.partition_point(|start| *start <= span.start).max(1);
        let start = starts.get(line - 1).copied().unwrap_or_default();
        let characters = |range: Range<usize>| {
            String::from_utf8_lossy(self.text.get(range).unwrap_or_default()).chars().count()
        };
        let line_end = start + self.text(line).len();
        let column = characters(start..span.start) + 1;
        let end = column + characters(span.start..span.end.min(line_end).max(span.start));
        Mark { line, column, end: end.max(column + 1) }
    }

    /// The line of a byte, and its column in characters, both from 1.
    fn point(&self, at: usize) -> (usize, usize) {
        let starts = self.starts();
        let line = starts.partition_point(|start| *start <= at).max(1);
        let start = starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        (line, String::from_utf8_lossy(before).chars().count() + 1)
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
